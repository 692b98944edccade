/** The moments of a turn at which a kill is most critical. */
export type Moment = 'accepted' | 'first-token' | 'near-end';

export const MOMENTS: readonly Moment[] = ['accepted', 'first-token', 'near-end'];

const WAIT_MS = 5_000;

/** Turns report their moments; a fault that waits for one gets the first. */
export class Moments {
  private waiting: { moment: Moment; tell: (runId: string) => void } | undefined;

  reached(moment: Moment, runId: string): void {
    if (this.waiting?.moment === moment) this.waiting.tell(runId);
  }

  /** The run of the next turn that reaches this moment; undefined if none does for 5 s. */
  next(moment: Moment): Promise<string | undefined> {
    return new Promise((resolve) => {
      const give = setTimeout(() => resolve(undefined), WAIT_MS);
      this.waiting = {
        moment,
        tell: (runId) => {
          this.waiting = undefined;
          clearTimeout(give);
          resolve(runId);
        },
      };
    });
  }
}
