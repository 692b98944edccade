import type { ProblemCode } from './problem-codes';

/**
 * How a failure crosses a service boundary: a code for programs, a sentence that says what to do, and details. The names follow gRPC's
 * canonical codes: `RESOURCE_EXHAUSTED` is a limit of the caller's own, `UNAVAILABLE` a fleet that is full or away. `OUTCOME_UNKNOWN` is ours: the
 * replica died while it was changing something.
 */
export const ERROR_CODES = [
  'INVALID_ARGUMENT',
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'FAILED_PRECONDITION',
  'IDEMPOTENCY_MISMATCH',
  'PAYLOAD_TOO_LARGE',
  'RESOURCE_EXHAUSTED',
  'UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'CANCELLED',
  'OUTCOME_UNKNOWN',
  'INTERNAL',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** HTTP status of each code at the edge. */
export const HTTP_STATUS: Readonly<Record<ErrorCode, number>> = {
  INVALID_ARGUMENT: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  FAILED_PRECONDITION: 409,
  IDEMPOTENCY_MISMATCH: 422,
  PAYLOAD_TOO_LARGE: 413,
  RESOURCE_EXHAUSTED: 429,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
  CANCELLED: 499,
  OUTCOME_UNKNOWN: 502,
  INTERNAL: 500,
};

export interface ErrorDetails {
  /** Seconds after which a retry makes sense; becomes `Retry-After`. */
  retryAfter?: number;
  /** The call was turned away before anything was done. */
  refused?: true;
  /** Another replica may succeed: this one has lost its database, or does not know the call. It never reaches the caller's code. */
  elsewhere?: true;
  /** What the caller is told at the edge, if that is more than the code's own. */
  problem?: ProblemCode;
  /** The id under which an unexpected error was logged. */
  errorId?: string;
  [key: string]: unknown;
}

/** The error of a call. Anything else that a handler throws reaches the caller as `INTERNAL` with an id and nothing else. */
export class CallError extends Error {
  override readonly name = 'CallError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
  ) {
    super(message);
  }

  toJSON(): { code: ErrorCode; message: string; details: ErrorDetails } {
    return { code: this.code, message: this.message, details: this.details };
  }
}

const TRANSIENT: ReadonlySet<ErrorCode> = new Set([
  'UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'OUTCOME_UNKNOWN',
  'CANCELLED',
  'INTERNAL',
]);

/** Whether an error is temporary, so that a retry makes sense. False for errors that are not a `CallError`. */
export function isTransient(error: unknown): error is CallError {
  return error instanceof CallError && TRANSIENT.has(error.code);
}

const UNDECIDED: ReadonlySet<ErrorCode> = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'OUTCOME_UNKNOWN']);

/** Whether the call may have taken effect although it failed. */
export function isUndecided(error: unknown): boolean {
  return error instanceof CallError && UNDECIDED.has(error.code) && error.details.refused !== true;
}
