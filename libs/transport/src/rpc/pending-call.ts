import { type CallEffect, CallError, type Principal } from '@perennial/contracts-kernel';
import type { CallRoute } from './call-route';
import type { Deadline } from './deadline-wheel';

/** An outgoing call with a validated request. */
export interface OutgoingCall {
  service: string;
  pattern: string;
  effect: CallEffect;
  /** How long the caller waits, in milliseconds. */
  deadlineMs: number;
  principal: Principal;
  key?: string;
  /** Trace context for the record. */
  trace?: Record<string, string>;
  data: unknown;
  /** Whether the request crosses Redis encrypted. */
  sealed?: boolean;
  signal?: AbortSignal;
}

/**
 * - `parked`: certainly not in Redis yet.
 * - `sending`: handed to Redis, not confirmed.
 * - `sent`: confirmed.
 * - `unsure`: the connection broke before the confirmation.
 * - `refused`: a replica cannot do it; another is asked in a moment.
 */
export type PendingState = 'parked' | 'sending' | 'sent' | 'unsure' | 'refused';

export interface PendingCall {
  readonly id: string;
  /** The number in the id, as replies name it. */
  readonly number: string;
  readonly call: OutgoingCall;
  /** Replicas that were asked, including the present one. */
  attempt: number;
  /** When this attempt began, in milliseconds of `performance.now()`. */
  readonly openedAt: number;
  /** Looks in a row at which the replica that has its record was silent. */
  silentLooks: number;
  /** How often earlier records of it were delivered, to replicas that went silent or could not do it. */
  deliveries: number;
  readonly route: CallRoute;
  /** In milliseconds of `performance.now()`. */
  readonly deadlineAt: number;
  state: PendingState;
  /** Its record in the stream, once Redis has confirmed it. */
  streamId: string | undefined;
  /** The call is being sent again, while a replica has its record. */
  isRepeated: boolean;
  /** That replica is silent: the record is withdrawn once another has arrived. */
  isWithdrawn: boolean;
  /** Other replicas that hold it too, and may yet answer. */
  otherHolders: number;
  /** Longest direct reply, in UTF-16 units. */
  readonly inlineLength: number;
  /** A connection was lost while Redis had the call, so the reply may be lost too. */
  exposed: boolean;
  /** Another attempt, or an earlier delivery, may have taken effect: a refusal of this one says nothing about that. */
  mayHaveBegun: boolean;
  /** Its caller stopped waiting before a reply came. */
  isGivenUp: boolean;
  deadline: Deadline | undefined;
  onAbort: (() => void) | undefined;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: CallError) => void;
}

const REPEAT_MS = 100;

/** A replica fails a call like this for its own reasons; another one may succeed. */
export const OWN_REASONS: ReadonlySet<string> = new Set(['UNAVAILABLE', 'RESOURCE_EXHAUSTED']);

/** Whether a second delivery of this call is harmless. */
export function isRepeatable(pending: PendingCall): boolean {
  return pending.call.effect !== 'once';
}

/**
 * Milliseconds until a call that a replica refused is sent again. At once, since that replica has the last place among those that wait for calls.
 * If they do not wait but work, it refuses the call again: then a moment later, jittered.
 */
export function repeatDelay(attempt: number, random: number = Math.random()): number {
  return attempt === 1 ? 0 : REPEAT_MS * (0.5 + random);
}

/** The error without the promise that nothing was done. */
export function undecided(error: CallError): CallError {
  if (error.details.refused !== true) return error;
  const { code, message, details } = error;
  return new CallError(code, message, { ...details, refused: undefined });
}

/** The error when the reply was sent, but is gone before it could be fetched. */
export function lostAnswer(pending: PendingCall): CallError {
  const { pattern, effect } = pending.call;
  if (effect === 'read') {
    return new CallError('UNAVAILABLE', `The answer of ${pattern} was lost. Try again in a moment.`, { retryAfter: 1 });
  }
  return new CallError('OUTCOME_UNKNOWN', `${pattern} was done, but its answer was lost.`);
}

/** The error at the deadline. */
export function expiryOf(pending: PendingCall): CallError {
  const { pattern, deadlineMs } = pending.call;
  if (pending.state === 'parked') {
    return new CallError('UNAVAILABLE', 'The message broker is not reachable. Try again in a moment.', {
      retryAfter: 1,
    });
  }
  if (pending.exposed && !isRepeatable(pending)) {
    return new CallError(
      'OUTCOME_UNKNOWN',
      `The connection was lost during ${pattern}; it may or may not have happened.`,
    );
  }
  if (pending.route.isAway)
    return new CallError('UNAVAILABLE', 'The message broker does not answer. Try again in a moment.', {
      retryAfter: 1,
    });
  return new CallError('DEADLINE_EXCEEDED', `${pattern} did not answer within ${deadlineMs} ms.`);
}
