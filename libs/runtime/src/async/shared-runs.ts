/**
 * Shares runs of a piece of work between callers that all need one that starts after their call: callers during a run get the next one, so
 * any number of them costs one run at a time.
 */
export class SharedRuns {
  private current: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;

  constructor(private readonly work: () => Promise<void>) {}

  /** Resolves, or rejects as the work does, when a run that began after this call has ended. */
  run(): Promise<void> {
    this.next ??= this.current.then(() => {
      this.next = undefined;
      const run = this.work();
      this.current = run.catch(() => undefined);
      return run;
    });
    return this.next;
  }
}
