import { CallError } from '@perennial/contracts-kernel';
import { isUuid } from '../chats/not-yours';
import { Problem } from '../edge/problem';

/** The same for a base that does not exist and for somebody else's. */
export const notYourBase = (): Problem => new Problem(404, 'There is no such knowledge base, or it is not yours.');

/** An id that cannot be one of ours is answered like one that is not there. */
export function baseIdOf(id: string): string {
  if (!isUuid(id)) throw notYourBase();
  return id;
}

/** Answers "not found" and "not yours" with one sentence. */
export async function ofYourBase<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CallError && (error.code === 'NOT_FOUND' || error.code === 'PERMISSION_DENIED'))
      throw notYourBase();
    throw error;
  }
}
