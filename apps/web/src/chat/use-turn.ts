import type { TurnReply } from '@perennial/contracts-gateway';
import type { Attachment, Message } from '@perennial/contracts-wire';
import { useNavigate } from 'react-router';
import { useSendTurn } from './chat-queries';
import { useLive } from './live';

/** A message to send. */
interface Question {
  id: string;
  text: string;
  files: Attachment[];
}

/** Sends messages and requests answers; the ids are created here, so that a repeated request is the same turn. */
export function useTurn(chatId: string | undefined, thread: Message[], model: string) {
  const live = useLive();
  const navigate = useNavigate();
  const send = useSendTurn();

  const ask = async (
    answerId: string,
    parentId: string | null,
    question: Question | undefined,
    onAccepted?: (chatId: string) => void,
  ) => {
    const reply: TurnReply = await send.mutateAsync({
      model,
      session_id: live.sessionId(),
      chat_id: chatId,
      parent_id: parentId,
      id: answerId,
      message_ids: [{ model_id: model, message_id: answerId, modelIdx: 0 }],
      user_message: question && {
        id: question.id,
        parentId,
        role: 'user',
        content: question.text,
        timestamp: Math.floor(Date.now() / 1000),
        models: [model],
        ...(question.files.length > 0 ? { files: question.files } : {}),
      },
      background_tasks: { title_generation: true },
    });
    onAccepted?.(reply.chat_id);
    if (!chatId) await navigate(`/c/${reply.chat_id}`);
    return reply;
  };

  return {
    problem: send.error?.message,
    /** `onAccepted` is called when the server has the message, before its chat is shown. */
    say: (text: string, files: Attachment[], onAccepted: (chatId: string) => void) =>
      ask(crypto.randomUUID(), thread.at(-1)?.id ?? null, { id: crypto.randomUUID(), text, files }, onAccepted),
    /** Answers the same question again: a version of its own, beside the old one. */
    retry: (answer: Message) => ask(crypto.randomUUID(), answer.parentId ?? null, undefined),
  };
}
