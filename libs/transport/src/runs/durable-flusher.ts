import { withTimeout } from '@perennial/runtime';
import type { DurableStore, DurableWrite } from './durable-store';
import type { StreamWriter } from './stream-writer';

/** Most characters in one script call, so that writing many long texts again does not block Redis. */
const MAX_CALL_CHARACTERS = 512 * 1024;
const RETRY_MS = 500;
/** Redis replies to a flush in milliseconds; callers stop waiting for one that hangs. */
const FLUSH_LIMIT_MS = 5_000;

/** Returns for each run whether this epoch still owns it (in Postgres). A rejection means "ask again later". */
export type OwnsStill = (runs: { runId: string; epoch: number }[]) => Promise<boolean[]>;

export interface DurableFlusherOptions {
  store: DurableStore;
  intervalMs: number;
  ownsStill?: OwnsStill;
  onError: (error: unknown) => void;
  /** Redis has accepted the writes. */
  onWritten: () => void;
  /** Runs a function outside of the caller's trace: a timer that a token starts must not belong to its run. */
  detached: <T>(run: () => T) => T;
}

/** Writes what all writers of the process have buffered, one script call at a time. */
export class DurableFlusher {
  private readonly dirty = new Set<StreamWriter>();
  private timer?: NodeJS.Timeout;
  private running?: Promise<void>;
  private queued?: Promise<void>;
  private stopped = false;

  constructor(private readonly options: DurableFlusherOptions) {}

  mark(writer: StreamWriter): void {
    writer.durableDirty = true;
    this.dirty.add(writer);
    this.arm(this.options.intervalMs);
  }

  forget(writer: StreamWriter): void {
    this.dirty.delete(writer);
  }

  /** Writes everything that is marked now. Rejects when Redis is away; unwritten text stays marked. */
  async flush(): Promise<void> {
    const late = (): Error => new Error(`Redis did not answer within ${FLUSH_LIMIT_MS} ms`);
    await withTimeout(this.next(), FLUSH_LIMIT_MS, late);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    if (this.dirty.size > 0) await this.flush().catch(this.options.onError);
  }

  /** A flush under way may have read the writers before the caller's text: join the next one. */
  private next(): Promise<void> {
    if (!this.running) return this.start();
    this.queued ??= this.running
      .catch(() => undefined)
      .then(() => {
        this.queued = undefined;
        return this.start();
      });
    return this.queued;
  }

  private start(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const run = this.options.detached(() => this.writeAll());
    this.running = run;
    const settled = (delayMs: number): void => {
      this.running = undefined;
      if (this.dirty.size > 0) this.arm(delayMs);
    };
    run.then(
      () => settled(this.options.intervalMs),
      () => settled(RETRY_MS),
    );
    return run;
  }

  private arm(delayMs: number): void {
    if (this.timer || this.running || this.stopped) return;
    this.timer = this.options.detached(() =>
      setTimeout(() => {
        this.timer = undefined;
        this.next().catch(this.options.onError);
      }, delayMs),
    );
  }

  private async writeAll(): Promise<void> {
    const writers = [...this.dirty];
    this.dirty.clear();
    for (const writer of writers) writer.durableDirty = false;
    const lost = writers.filter((writer) => writer.isDoubtful);
    const doubtful = new Set(lost);
    const lanes = this.lanesOf(writers.filter((writer) => !doubtful.has(writer)));
    const failures = await Promise.all(lanes.map((lane) => this.writeLane(lane, lost)));
    const [failure] = failures.flatMap((failed) => failed ?? []);
    if (failure && lost.length > 0) for (const writer of lost) this.remark(writer);
    if (failure) throw failure.error;
    if (lost.length > 0) await this.reseed(lost);
  }

  /** One lane; on a Cluster one for each slot, so that a node that is away keeps only its own runs waiting. */
  private lanesOf(writers: readonly StreamWriter[]): StreamWriter[][] {
    const lanes = new Map<string, StreamWriter[]>();
    for (const writer of writers) {
      const name = this.options.store.laneOf(writer.identity.runId);
      const lane = lanes.get(name);
      if (lane) lane.push(writer);
      else lanes.set(name, [writer]);
    }
    return [...lanes.values()];
  }

  /** One script call after another. Adds the runs that Redis has lost to `lost`; returns why the lane was not written. */
  private async writeLane(
    writers: readonly StreamWriter[],
    lost: StreamWriter[],
  ): Promise<{ error: unknown } | undefined> {
    try {
      for (const call of inCalls(writers)) {
        const results = await this.options.store.write(call.map(({ write }) => write));
        this.options.onWritten();
        for (const [index, { writer, write }] of call.entries()) {
          const result = results[index];
          if (!result) continue;
          const outcome = writer.settle(write, result);
          if (outcome === 'lost') lost.push(writer);
          else if (outcome === 'again') this.remark(writer);
        }
      }
      return undefined;
    } catch (error) {
      for (const writer of writers) this.remark(writer);
      return { error };
    }
  }

  /** Redis has no fence of these runs. A process that was paused must not overwrite a new owner's text. */
  private async reseed(writers: StreamWriter[]): Promise<void> {
    const { ownsStill } = this.options;
    const runs = writers.map((writer) => ({ runId: writer.identity.runId, epoch: writer.epoch }));
    let owned: boolean[];
    try {
      owned = ownsStill ? await ownsStill(runs) : [];
    } catch (error) {
      for (const writer of writers) this.remark(writer);
      throw error;
    }
    for (const [index, writer] of writers.entries()) {
      if (ownsStill && !owned[index]) {
        writer.fence();
      } else {
        writer.reseed();
        this.remark(writer);
      }
    }
  }

  private remark(writer: StreamWriter): void {
    if (!writer.nextWrite()) return;
    writer.durableDirty = true;
    this.dirty.add(writer);
  }
}

/** The writers' next writes, in portions for one call each. */
function* inCalls(writers: readonly StreamWriter[]): Generator<{ writer: StreamWriter; write: DurableWrite }[]> {
  let call: { writer: StreamWriter; write: DurableWrite }[] = [];
  let size = 0;
  for (const writer of writers) {
    const write = writer.nextWrite();
    if (!write) continue;
    if (call.length > 0 && size + write.text.length > MAX_CALL_CHARACTERS) {
      yield call;
      call = [];
      size = 0;
    }
    call.push({ writer, write });
    size += write.text.length;
  }
  if (call.length > 0) yield call;
}
