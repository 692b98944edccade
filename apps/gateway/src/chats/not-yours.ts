import { CallError } from '@perennial/contracts-kernel';
import { Problem } from '../edge/problem';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The wire says 401 both for a chat that does not exist and for somebody else's, without ending the session. */
export const notYourChat = (): Problem =>
  new Problem(401, 'There is no such chat, or it is not yours. Open one from your list.');

/** An id that cannot be one of ours is answered like one that is not there. */
export function chatIdOf(id: string): string {
  if (!UUID.test(id)) throw notYourChat();
  return id;
}

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** Answers "not found" and "not yours" as chats do. */
export async function ofYourChat<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CallError && (error.code === 'NOT_FOUND' || error.code === 'PERMISSION_DENIED'))
      throw notYourChat();
    throw error;
  }
}
