import { CallError } from '@perennial/contracts-kernel';
import type { Queryable } from '@perennial/persistence';
import { found } from './not-found';

export interface QuietChat {
  title: string;
  current_message_id: string | null;
}

/**
 * Locks a chat of the user in which no answer is being written, until the end of the transaction: no turn can be accepted meanwhile, and no
 * message be changed.
 *
 * @throws CallError NOT_FOUND, or FAILED_PRECONDITION while an answer is being written
 */
export async function lockQuiet(tx: Queryable, userId: string, chatId: string): Promise<QuietChat> {
  const chat = found(
    await tx.first<QuietChat>(
      'SELECT title, current_message_id FROM chats WHERE id = $1 AND user_id = $2 FOR NO KEY UPDATE',
      [chatId, userId],
    ),
  );
  // After the lock: a turn that it has waited for is seen.
  const isActive = await tx.first(`SELECT 1 FROM runs WHERE chat_id = $1 AND state IN ('queued', 'running') LIMIT 1`, [
    chatId,
  ]);
  if (isActive === undefined) return chat;
  throw new CallError(
    'FAILED_PRECONDITION',
    'An answer is being written in this chat. Wait for its end, or stop it first.',
  );
}
