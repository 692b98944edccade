import { randomBytes } from 'node:crypto';
import { trace } from '@opentelemetry/api';
import { CallError } from '@perennial/contracts-kernel';
import type { Logger } from 'pino';
import { SPAN_IDS } from './telemetry/tracing';

/** An id that a user can report, so that the log line is found: `err-` and 12 hexadecimal digits. */
export function errorId(): string {
  return `err-${randomBytes(6).toString('hex')}`;
}

/** Logs an unexpected error with its stack, puts its id on the active span, and returns the text for the user: the id and nothing else. */
export function unexpected(log: Logger, error: unknown, message = 'unexpected error'): CallError {
  const id = errorId();
  log.error({ err: error, error_id: id }, message);
  trace.getActiveSpan()?.setAttribute(SPAN_IDS.error, id);
  return new CallError('INTERNAL', `Something went wrong on our side. Report this id: ${id}`, { errorId: id });
}
