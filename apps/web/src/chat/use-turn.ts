import type { TurnReply } from '@perennial/contracts-gateway';
import type { Attachment, Chat, Message } from '@perennial/contracts-wire';
import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { useSendTurn } from './chat-queries';
import { TakenBack } from './delivery';
import type { Parameters } from './draft';
import { DROPPING } from './dropped';
import { useLive } from './live';
import { contentWith, picturesIn } from './pictures';
import { type PendingTurn, withPending } from './thread';
import { useDelivery } from './use-delivery';

/** A message to send. */
interface Question {
  id: string;
  text: string;
  pictures: readonly { url: string }[];
  files: Attachment[];
}

interface TurnSetting {
  chatId: string | undefined;
  chat: Chat | undefined;
  /** The shown branch, as the server has it. */
  stored: Message[];
  /** The chosen model; empty while the models are not known. */
  model: string;
  /** What the model is told besides the questions. */
  parameters: Parameters;
  /** What one might ask next is wanted after the answers. */
  followUps: boolean;
  /** A turn begins: this answer is shown, empty. */
  onAsk: (answerId: string) => void;
}

/** Sends messages and requests answers; the ids are created here, so that a repeated request is the same turn. */
export function useTurn({ chatId, chat, stored, model, parameters, followUps, onAsk }: TurnSetting) {
  const live = useLive();
  const navigate = useNavigate();
  const delivery = useDelivery();
  const send = useSendTurn(delivery);
  const [pending, setPending] = useState<PendingTurn>();

  const ask = async (
    answerId: string,
    parentId: string | null,
    question: Question | undefined,
    { by = model, onAccepted }: { by?: string; onAccepted?: (chatId: string) => void } = {},
  ) => {
    const asked = question && toMessage(question, parentId);
    const answer: Message = {
      id: answerId,
      parentId: asked?.id ?? parentId,
      childrenIds: [],
      role: 'assistant',
      ...(by === '' ? {} : { model: by }),
      done: false,
    };
    onAsk(answerId);
    setPending({ chatId, messages: asked ? [asked, answer] : [answer] });
    let reply: TurnReply;
    try {
      await DROPPING.get().finish(false);
      reply = await send.mutateAsync({
        model: by,
        key: answerId,
        toBody: (model) => ({
          model,
          session_id: live.sessionId(),
          chat_id: chatId,
          parent_id: parentId,
          id: answerId,
          message_ids: [{ model_id: model, message_id: answerId, modelIdx: 0 }],
          user_message: asked && { ...asked, models: [model] },
          params: parameters,
          background_tasks: { title_generation: true, follow_up_generation: followUps },
        }),
      });
    } catch (error) {
      setPending(undefined);
      throw error;
    }
    setPending((turn) => turn && { ...turn, acceptedIn: reply.chat_id });
    onAccepted?.(reply.chat_id);
    if (!chatId) await navigate(`/c/${reply.chat_id}`, { replace: true });
    return reply;
  };

  // The page at "/" becomes that of the new chat a moment after the reply.
  useEffect(() => {
    if (chatId !== undefined) setPending((turn) => (turn?.acceptedIn === chatId ? { ...turn, chatId } : turn));
  }, [chatId]);
  // Once the chat has it, it is shown as long as the chat does: it may be deleted.
  const answerId = pending?.messages.at(-1)?.id;
  const isStored = answerId !== undefined && chat?.chat.history?.messages[answerId] !== undefined;
  useEffect(() => {
    if (isStored) setPending(undefined);
  }, [isStored]);
  const isHere = pending?.chatId === chatId || (chatId !== undefined && pending?.acceptedIn === chatId);
  const thread = withPending(stored, chat, isHere ? pending : undefined);
  return {
    problem: send.error instanceof TakenBack ? undefined : send.error?.message,
    /** What a message waits for until the server has it. */
    delivery,
    /** The stored thread, with a turn that the chat does not have yet. */
    thread,
    /** `onAccepted` is called when the server has the message, before its chat is shown. */
    say: (question: Omit<Question, 'id'>, onAccepted: (chatId: string) => void) =>
      ask(crypto.randomUUID(), thread.at(-1)?.id ?? null, { id: crypto.randomUUID(), ...question }, { onAccepted }),
    /** Asks a question in words alone, after an answer. */
    askAfter: (answer: Message, text: string) =>
      ask(crypto.randomUUID(), answer.id, { id: crypto.randomUUID(), text, pictures: [], files: [] }),
    /** Answers the same question again: a version of its own, beside the old one. */
    retry: (answer: Message, by?: string) => ask(crypto.randomUUID(), answer.parentId ?? null, undefined, { by }),
    /** Asks another question in the place of one, with its attachments: both stay. */
    askInstead: ({ parentId, files, content }: Message, text: string) => {
      const attached = Array.isArray(files) ? (files as Attachment[]) : [];
      const pictures = picturesIn(content).map((url) => ({ url }));
      const question = { id: crypto.randomUUID(), text, pictures, files: attached };
      return ask(crypto.randomUUID(), parentId ?? null, question);
    },
    /** Writes on where an answer was cut off, with the model that wrote it. */
    goOn: async (answer: Message) => {
      await DROPPING.get().finish(false);
      return send.mutateAsync({
        model: answer.model ?? model,
        key: crypto.randomUUID(),
        toBody: (model) => ({
          model,
          session_id: live.sessionId(),
          chat_id: chatId,
          assistant_message_id: answer.id,
          params: parameters,
        }),
      });
    },
  };
}

function toMessage({ id, text, pictures, files }: Question, parentId: string | null) {
  return {
    id,
    parentId,
    childrenIds: [],
    role: 'user' as const,
    content: contentWith(text, pictures),
    timestamp: Math.floor(Date.now() / 1000),
    ...(files.length > 0 ? { files } : {}),
  };
}
