import { randomUUID } from 'node:crypto';
import { routes, type TurnBody, type TurnReply } from '@perennial/contracts-gateway';
import type { Account } from './accounts';
import { httpUntilAnswered, type OnFailedRequest } from './http';

export interface SentTurn {
  runId: string;
  chatId: string;
  messageId: string;
}

/** A turn in a new chat, like the page's: the ids are the client's, so the same body again is the same turn. */
export function newTurn(model: string, text: string, sessionId: string): TurnBody & { id: string } {
  const answerId = randomUUID();
  return {
    model,
    session_id: sessionId,
    parent_id: null,
    id: answerId,
    message_ids: [{ model_id: model, message_id: answerId, modelIdx: 0 }],
    user_message: {
      id: randomUUID(),
      parentId: null,
      role: 'user',
      content: text,
      timestamp: Math.floor(Date.now() / 1000),
      models: [model],
    },
    background_tasks: { title_generation: true },
  };
}

/** Sends a turn until it is answered. */
export async function sendTurn(
  baseUrl: string,
  { token }: Account,
  body: TurnBody & { id: string },
  onFailed?: OnFailedRequest,
): Promise<SentTurn> {
  const reply = await httpUntilAnswered<TurnReply>(
    'POST',
    baseUrl + routes.completions.sendTurn.path,
    { token, body },
    onFailed,
  );
  const runId = reply.body.task_ids?.[0];
  if (reply.status !== 200 || !runId)
    throw new Error(`a turn was answered ${reply.status}: ${JSON.stringify(reply.body)}`);
  return { runId, chatId: reply.body.chat_id, messageId: body.id };
}
