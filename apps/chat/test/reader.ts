import { waitFor } from '@perennial/testing';
import type { RunStreamSubscriber, RunUpdate } from '@perennial/transport';

/** A reader of one run, as strict as a client: the shown text must never have a gap. */
export class Reader {
  text = '';
  readonly updates: RunUpdate[] = [];
  /** Violations, in order. */
  readonly faults: string[] = [];
  private unfollow?: () => void;

  constructor(readonly runId: string) {}

  static async follow(subscriber: RunStreamSubscriber, runId: string): Promise<Reader> {
    const reader = new Reader(runId);
    reader.unfollow = await subscriber.follow(runId, undefined, (update) => reader.see(update));
    return reader;
  }

  get end(): Extract<RunUpdate, { kind: 'end' }> | undefined {
    return this.updates.find((update) => update.kind === 'end');
  }

  get resets(): number {
    return this.updates.filter((update) => update.kind === 'reset').length;
  }

  get epoch(): number {
    return Math.max(0, ...this.updates.map((update) => update.epoch));
  }

  /** Waits for the terminal event. */
  async ended(timeoutMs = 30_000): Promise<Extract<RunUpdate, { kind: 'end' }>> {
    return waitFor(() => this.end, {
      timeoutMs,
      what: `the end of run ${this.runId} (has ${this.text.length} characters)`,
    });
  }

  /** Waits until this much text was shown. */
  async has(length: number, timeoutMs = 20_000): Promise<void> {
    await waitFor(() => this.text.length >= length, {
      timeoutMs,
      what: `${length} characters (has ${this.text.length})`,
    });
  }

  stop(): void {
    this.unfollow?.();
  }

  private see(update: RunUpdate): void {
    this.updates.push(update);
    if (this.updates.filter(({ kind }) => kind === 'end').length > 1) this.faults.push('a second end');
    switch (update.kind) {
      case 'delta':
        if (update.offset !== this.text.length) this.faults.push(`a hole: ${this.text.length} to ${update.offset}`);
        this.text += update.text;
        return;
      case 'reset':
        this.text = update.text;
        return;
      case 'end':
        if (update.text !== this.text) this.faults.push('the end does not show the text that was read');
        return;
    }
  }
}
