import { CallError, type ProblemCode } from '@perennial/contracts-kernel';
import { Problem } from '../problem';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Replies of "not found". The same for an item that does not exist and one of another user. */
const NOT_FOUND = {
  // Clients expect 401 for a chat; without `WWW-Authenticate` it does not end the session.
  chat: [401, 'There is no such chat, or it is not yours. Open one from your list.'],
  file: [404, 'There is no such file, or it is not yours.'],
  base: [404, 'There is no such knowledge base, or it is not yours.'],
  directory: [404, 'There is no such directory in this knowledge base.'],
  source: [404, 'There is no such source in this knowledge base.'],
  run: [404, 'There is no such answer, or it is not yours.'],
  task: [404, 'There is no such task, or it is not yours.'],
} satisfies Record<string, [status: number, sentence: string]>;

/** Kinds of items that are hidden from everyone but their owner. */
export type Owned = keyof typeof NOT_FOUND;

/** Without one of its own a kind has the code of its status. */
const CODES: Partial<Readonly<Record<Owned, ProblemCode>>> = {
  chat: 'chat_not_found',
  file: 'file_not_found',
  base: 'base_not_found',
  directory: 'directory_not_found',
  source: 'source_not_found',
  run: 'answer_not_found',
  task: 'task_not_found',
};

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

export function notFound(owned: Owned): Problem {
  return new Problem(...NOT_FOUND[owned]).as(CODES[owned] ?? 'not_found');
}

/** The id itself. An invalid id gets the same reply as a missing one. */
export function idOf(owned: Owned, id: string): string {
  if (!isUuid(id)) throw notFound(owned);
  return id;
}

/** Answers NOT_FOUND and PERMISSION_DENIED alike, so that a caller cannot learn which ids exist. */
export async function hideForbidden<T>(owned: Owned, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    // Whoever learns this may read the base.
    if (error instanceof CallError && error.details.problem === 'directory_not_found') throw notFound('directory');
    if (error instanceof CallError && (error.code === 'NOT_FOUND' || error.code === 'PERMISSION_DENIED'))
      throw notFound(owned);
    throw error;
  }
}
