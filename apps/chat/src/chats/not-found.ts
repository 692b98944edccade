import { CallError } from '@perennial/contracts-kernel';

/** @throws CallError NOT_FOUND for a chat that is not there, or not the user's */
export function found<T>(value: T | undefined): T {
  if (value === undefined) throw notFound();
  return value;
}

const notFound = (): CallError =>
  new CallError('NOT_FOUND', 'There is no such chat. It may have been deleted.', { problem: 'chat_not_found' });
