import { randomBytes } from 'node:crypto';
import { CallError } from '@perennial/contracts-kernel';
import type { Logger } from 'pino';

/** An id that a user can report, so that the log line is found: `err-` and 12 hexadecimal digits. */
export function errorId(): string {
  return `err-${randomBytes(6).toString('hex')}`;
}

/** Logs an unexpected error with its stack, and returns the text for the user: the id and nothing else. */
export function unexpected(log: Logger, error: unknown, message = 'unexpected error'): CallError {
  const id = errorId();
  log.error({ err: error, error_id: id }, message);
  return new CallError('INTERNAL', `Something went wrong on our side. Report this id: ${id}`, { errorId: id });
}
