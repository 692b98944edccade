import type { Interval, Logger, Runtime } from '@perennial/runtime';
import { type ActiveItem, ActiveWork, type StopReason } from './active-work';
import { stopError } from './stop-errors';
import type { Fence } from './work-store';

export interface PolledWorkOptions<Claimed extends Fence> {
  /** Names the work in log lines: `sources`. */
  name: string;
  runtime: Runtime;
  /** The processes of the service. */
  registry: { readonly id: string; onReaped(listener: () => void): void };
  /** Pieces that this process works on at once. */
  concurrency: number;
  /** Interval of the look for work that is due, or whose owner is dead. */
  lookMs: number;
  store: {
    /** Makes this process the owner of a piece of work; undefined: there is none. */
    claim(processId: string): Promise<Claimed | undefined>;
    owned(processId: string): Promise<Fence[]>;
    release(processId: string, fences: readonly Fence[]): Promise<Fence[]>;
  };
  /** Resolves when this process has finished with it, however it ended. A rejection leaves it to the comparison, or to another process. */
  turn(claimed: Claimed, signal: AbortSignal): Promise<void>;
}

class PolledItem<Claimed extends Fence> implements ActiveItem {
  readonly over: Promise<void>;
  readonly abort = new AbortController();
  end = (): void => undefined;

  constructor(readonly claimed: Claimed) {
    this.over = new Promise((resolve) => (this.end = resolve));
  }

  get id(): string {
    return this.claimed.id;
  }

  get epoch(): number {
    return this.claimed.epoch;
  }

  stop(reason: StopReason): void {
    this.abort.abort(stopError(reason));
  }
}

/**
 * Work of which there is little and for which seconds do not matter: it is found by looking, without jobs in Redis. It is owned as any other, by
 * a row of `processes` and a comparison each second; a process without any asks Postgres nothing but whether there is some.
 */
export class PolledWork<Claimed extends Fence> {
  private readonly work: ActiveWork<PolledItem<Claimed>, Fence, Fence>;
  private readonly log: Logger;
  private looking?: Interval;
  /** Claims after which Postgres may know of work of this process that it does not know itself, and those that were compared since. */
  private doubts = 1;
  private compared = 0;

  constructor(private readonly options: PolledWorkOptions<Claimed>) {
    const { name, runtime, registry, store } = options;
    this.log = runtime.logger(name);
    this.work = new ActiveWork({
      name,
      runtime,
      registry,
      queue: { enqueue: () => this.trigger() },
      store: {
        owned: (processId, items) => this.owned(processId, items.length),
        release: (processId, fences) => store.release(processId, fences),
      },
    });
  }

  start(): void {
    const { name, runtime, lookMs } = this.options;
    this.work.start();
    this.looking = runtime.every(lookMs, () => this.look(), { name: `look for ${name}`, jitter: 0.3 });
    // Before the drain of the service's other work, which ends with this process's registration.
    runtime.drain.add('intake', `hand ${name} over`, ({ remainingMs, signal }) => {
      const now = performance.now();
      return this.work.handOver(now, now + remainingMs / 2, signal);
    });
  }

  /** Looks as soon as possible. */
  trigger(): void {
    this.looking?.trigger();
  }

  /** An idle process asks nothing. */
  private async owned(processId: string, held: number): Promise<Fence[]> {
    const { doubts } = this;
    if (held === 0 && this.compared === doubts) return [];
    const owned = await this.options.store.owned(processId);
    if (owned.length === 0) this.compared = doubts;
    return owned;
  }

  private async look(): Promise<void> {
    const { concurrency, registry } = this.options;
    while (this.work.size < concurrency && !this.work.leaving && registry.id !== '') {
      const active = await this.work.whileClaiming(() => this.claim());
      if (!active) return;
      void this.hold(active);
    }
  }

  private async claim(): Promise<PolledItem<Claimed> | undefined> {
    this.doubts += 1;
    const claimed = await this.options.store.claim(this.options.registry.id);
    if (!claimed) {
      this.doubts -= 1;
      return undefined;
    }
    const active = new PolledItem(claimed);
    this.work.add(active);
    return active;
  }

  private async hold(active: PolledItem<Claimed>): Promise<void> {
    try {
      await this.options.turn(active.claimed, active.abort.signal);
    } catch (error) {
      // Postgres is away: the comparison releases it as a stray, or another process claims it.
      this.log.warn({ err: error, id: active.id }, 'failed to release owned work');
    } finally {
      this.work.remove(active);
      active.end();
      this.trigger();
    }
  }
}
