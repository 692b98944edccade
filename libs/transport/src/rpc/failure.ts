import { CallError, ERROR_CODES } from '@perennial/contracts-kernel';
import { type Logger, unexpected } from '@perennial/runtime';
import type { z } from 'zod';
import { isRedisUnavailable, redisUnavailable } from '../redis';
import type { Failure } from './wire';

const KNOWN_CODES: ReadonlySet<string> = new Set(ERROR_CODES);

/**
 * Converts a thrown value for the wire. Only a CallError is passed on as it is; an unavailable Redis is UNAVAILABLE; anything else is logged
 * with its stack under a new id, and the caller gets only that id.
 */
export function toFailure(error: unknown, pattern: string, log: Logger): Failure {
  if (error instanceof CallError) return error.toJSON();
  if (isRedisUnavailable(error)) return redisUnavailable().toJSON();
  return unexpected(log, error, `${pattern} failed unexpectedly`).toJSON();
}

/** Decodes the error of a reply for the caller; a code of a newer version is treated as INTERNAL. */
export function fromFailure(failure: Failure): CallError {
  const code = KNOWN_CODES.has(failure.code) ? failure.code : 'INTERNAL';
  const details = { ...failure.details };
  // Whoever called this caller would repeat as well, and so on.
  delete details.elsewhere;
  return new CallError(code, failure.message, details);
}

/** Which paths and rules of the schema failed, never the value itself. */
export function describeIssues(error: z.core.$ZodError): { path: string; message: string }[] {
  return error.issues.slice(0, 10).map((issue) => ({ path: issue.path.map(String).join('.'), message: issue.message }));
}

export function issuesText(error: z.core.$ZodError): string {
  return describeIssues(error)
    .map(({ path, message }) => (path ? `${path}: ${message}` : message))
    .join('; ');
}
