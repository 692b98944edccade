import { CallError } from '@perennial/contracts-kernel';
import { RESERVE } from '../brown-out';

/** More accepts than can run at once; a user who is further from the limit than this needs no serialisation. */
const FAR = 100;

export interface RunLimits {
  maxRunsPerUser: number;
  maxQueuedRuns: number;
}

/** Whether a user's accepts must be serialised, because concurrent ones could exceed the limit together. */
export function mustSerialise(limits: RunLimits, active: number): boolean {
  return active + FAR >= limits.maxRunsPerUser;
}

/** A process that may claim runs with their accept. */
export interface Claimant {
  processId: string;
  /** It has only places for users who have no answer that waits or is being written. */
  isReserve: boolean;
}

/**
 * The process that claims accepted runs: none while others wait, which a claim with the accept would overtake; but a user who has nothing passes
 * those who have answers.
 */
export function claimantBeside(load: { active: number; queued: number }, claimant: Claimant | null): string | null {
  if (claimant === null) return null;
  const may = claimant.isReserve ? load.active === 0 : load.queued === 0;
  return may ? claimant.processId : null;
}

/**
 * Refuses runs beyond the limits: `RESOURCE_EXHAUSTED` for the user's own, `UNAVAILABLE` for the queue. The last places of the queue are for users
 * who have nothing there, so that a flood of others does not keep them out.
 *
 * @param willWait false if the runs are claimed with their accept
 */
export function checkLimits(
  limits: RunLimits,
  load: { active: number; queued: number },
  wanted: number,
  willWait: boolean,
): void {
  if (load.active + wanted > limits.maxRunsPerUser) {
    throw new CallError(
      'RESOURCE_EXHAUSTED',
      `${load.active} of your answers are being written; ${limits.maxRunsPerUser} are allowed at once. Wait for one to end or stop one.`,
      { retryAfter: 5, problem: 'too_many_answers' },
    );
  }
  const reserved = load.active === 0 ? 0 : Math.floor(limits.maxQueuedRuns * RESERVE);
  if (willWait && load.queued + wanted > limits.maxQueuedRuns - reserved) {
    throw new CallError('UNAVAILABLE', 'Too many answers are waiting to be written. Try again in a moment.', {
      retryAfter: 10,
      problem: 'queue_full',
      refused: true,
    });
  }
}
