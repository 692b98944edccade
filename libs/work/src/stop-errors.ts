import type { StopReason } from './active-work';

/** The work has another owner now, was replaced, or is removed: this process must stop. */
export class WorkLostError extends Error {
  override readonly name = 'WorkLostError';

  constructor() {
    super('the work was lost to another process, replaced or removed');
  }
}

/** This process is shut down: another one continues. */
export class HandOverError extends Error {
  override readonly name = 'HandOverError';

  constructor() {
    super('the process hands its work over');
  }
}

/** What stopped work throws. */
export function stopError(reason: StopReason): WorkLostError | HandOverError {
  return reason === 'lost' ? new WorkLostError() : new HandOverError();
}
