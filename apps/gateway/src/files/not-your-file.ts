import { CallError } from '@perennial/contracts-kernel';
import { isUuid } from '../chats/not-yours';
import { Problem } from '../edge/problem';

/** The same for a file that does not exist and for somebody else's. */
export const notYourFile = (): Problem => new Problem(404, 'There is no such file, or it is not yours.');

/** An id that cannot be one of ours is answered like one that is not there. */
export function fileIdOf(id: string): string {
  if (!isUuid(id)) throw notYourFile();
  return id;
}

/** Answers "not found" and "not yours" with one sentence. */
export async function ofYourFile<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CallError && (error.code === 'NOT_FOUND' || error.code === 'PERMISSION_DENIED'))
      throw notYourFile();
    throw error;
  }
}
