import type { Message, TurnReply } from '@perennial/contracts-gateway';
import { useNavigate } from 'react-router';
import { useLive } from '../app/live';
import { useSendTurn } from './chat-queries';
import { textOf } from './thread';

/** Sends messages and asks for answers; the ids are made here, so that a repeated request is the same turn. */
export function useTurn(chatId: string | undefined, thread: Message[], model: string) {
  const live = useLive();
  const navigate = useNavigate();
  const send = useSendTurn();

  const ask = async (answerId: string, parentId: string | null, user: { id: string; text: string } | undefined) => {
    const reply: TurnReply = await send.mutateAsync({
      model,
      session_id: live.sessionId(),
      chat_id: chatId,
      parent_id: parentId,
      id: answerId,
      message_ids: [{ model_id: model, message_id: answerId, modelIdx: 0 }],
      user_message: user && {
        id: user.id,
        parentId,
        role: 'user',
        content: user.text,
        timestamp: Math.floor(Date.now() / 1000),
        models: [model],
      },
      background_tasks: { title_generation: true },
    });
    if (!chatId) await navigate(`/c/${reply.chat_id}`);
    return reply;
  };

  return {
    problem: send.error?.message,
    say: (text: string) => ask(crypto.randomUUID(), thread.at(-1)?.id ?? null, { id: crypto.randomUUID(), text }),
    /** Answers the same question once more, into the same message. */
    retry: (answer: Message) => {
      const question = thread.find((message) => message.id === answer.parentId);
      return ask(answer.id, question?.parentId ?? null, question && { id: question.id, text: textOf(question) });
    },
  };
}
