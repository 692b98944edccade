import { ApiError, OfflineError } from '@perennial/web-client';
import { Store } from '../state/store';

/** Why a message is not sent yet. `busy`: the server has no place for it until a time (epoch milliseconds). */
export type Delay = { kind: 'offline' } | { kind: 'signed-out' } | { kind: 'busy'; until: number };

/** The reader took the message back before the server had it. */
export class TakenBack extends Error {
  override readonly name = 'TakenBack';
}

/** What a message may have to wait for. */
export interface Around {
  /** Calls a function once, after a time; returns what prevents it. */
  after(ms: number, run: () => void): () => void;
  /** Calls a function whenever the server may be reached again; returns what ends it. */
  onLine(run: () => void): () => void;
  /** Has the session read again, and calls a function when the same person is signed in, or with false when somebody else is; returns what ends it. */
  onSession(run: (same: boolean) => void): () => void;
  now(): number;
}

/** How often a full server, or one that says that the session has ended, is asked again. */
const REFUSALS = 3;
const DEFAULT_RETRY_AFTER_S = 5;
/** A server that wants to be left alone for longer is not waited for. */
const LONGEST_RETRY_AFTER_S = 120;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

/**
 * Sends a message until the server has it: over a lost line, a session that has ended, and a server that is full. The request is the same each
 * time, so it is one message however often it arrives. Other refusals are final.
 */
export class Delivery {
  readonly delay = new Store<Delay | undefined>(undefined);
  private readonly waiting = new Set<{ go: () => void; stop: (reason: Error) => void }>();

  constructor(private readonly around: Around) {}

  async send<T>(attempt: () => Promise<T>): Promise<T> {
    let refusals = 0;
    let failures = 0;
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        const delay = this.delayAfter(error, refusals);
        if (delay === undefined) throw error;
        if (delay.kind !== 'offline') refusals += 1;
        await this.wait(
          delay,
          delay.kind === 'busy'
            ? delay.until - this.around.now()
            : Math.min(FIRST_RETRY_MS * 2 ** failures++, LAST_RETRY_MS),
        );
      }
    }
  }

  /** Does not wait any longer. */
  now(): void {
    for (const { go } of [...this.waiting]) go();
  }

  /** What waits is not sent. */
  takeBack(): void {
    for (const { stop } of [...this.waiting]) stop(new TakenBack());
  }

  private delayAfter(error: unknown, refusals: number): Delay | undefined {
    if (error instanceof OfflineError) return { kind: 'offline' };
    if (!(error instanceof ApiError) || refusals >= REFUSALS) return undefined;
    if (error.sessionOver) return { kind: 'signed-out' };
    const { status, retryAfter = DEFAULT_RETRY_AFTER_S } = error;
    const isFull = status === 429 || status === 503;
    if (!isFull || retryAfter > LONGEST_RETRY_AFTER_S) return undefined;
    return { kind: 'busy', until: this.around.now() + retryAfter * 1_000 };
  }

  private wait(delay: Delay, ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const ends: (() => void)[] = [];
      const settle = (then: () => void): void => {
        for (const end of ends) end();
        this.waiting.delete(waiting);
        if (this.waiting.size === 0) this.delay.set(undefined);
        then();
      };
      const waiting = { go: () => settle(resolve), stop: (reason: Error) => settle(() => reject(reason)) };
      this.waiting.add(waiting);
      this.delay.set(delay);
      if (delay.kind === 'signed-out') {
        ends.push(this.around.onSession((same) => (same ? waiting.go() : waiting.stop(new TakenBack()))));
        return;
      }
      ends.push(this.around.after(ms, waiting.go));
      if (delay.kind === 'offline') ends.push(this.around.onLine(waiting.go));
    });
  }
}
