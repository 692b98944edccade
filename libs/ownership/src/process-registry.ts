import { randomUUID } from 'node:crypto';
import { every, type Interval, type Logger, type Runtime } from '@perennial/runtime';
import type { Peer, ProcessTable } from './process-table';

const BEAT_MS = 500;
/** A process that is silent for this long is taken for dead. */
const DEAD_S = 3;
/** The first of the two looks at the same stale value may be a little earlier, so that the second can act on time. */
const SUSPECT_S = 2;
/**
 * Heartbeats of one's own in a row before one may judge others: after Postgres was away everyone looks dead, and on a busy machine some
 * come back two seconds after the first.
 */
const GOOD_BEATS = 6;
/** A beat later than this says that this process stood still itself, and what it sees of the others may be old. */
const LATE_MS = 1_500;

/**
 * This process among the others: one heartbeat row, and the reaping of those that fell silent. `id` is a random incarnation,
 * new after each time this process was taken for dead itself; then everything that it held is somebody else's.
 */
export class ProcessRegistry<Job extends object> {
  #id = '';
  #goodBeats = 0;
  #lastBeatAt = performance.now();
  #suspects = new Map<string, number>();
  #interval?: Interval;
  readonly #onReaped: (() => void)[] = [];
  readonly #log: Logger;

  /** @param onReclaimed called with what was given back to the queue because its owner died */
  constructor(
    private readonly table: ProcessTable<Job>,
    private readonly runtime: Runtime,
    private readonly onReclaimed: (jobs: readonly Job[]) => void,
  ) {
    this.#log = runtime.logger('process-registry');
  }

  /** The incarnation under which this process owns work. */
  get id(): string {
    return this.#id;
  }

  /** Called when this process was taken for dead while it lived: it owns nothing any more. */
  onReaped(listener: () => void): void {
    this.#onReaped.push(listener);
  }

  async start(): Promise<void> {
    await this.#register();
    this.#interval = every(BEAT_MS, () => this.#beat(), { name: 'heartbeat', log: this.#log, jitter: 0.05 });
  }

  /** Leaves the list; whatever this process still owns goes back to the queue. */
  async stop(): Promise<void> {
    await this.#interval?.stop();
    await this.table.unregister(this.#id);
  }

  async #register(): Promise<void> {
    const id = randomUUID();
    await this.table.register(id, this.runtime.instance);
    this.#id = id;
    this.#goodBeats = 0;
  }

  async #beat(): Promise<void> {
    const now = performance.now();
    const late = now - this.#lastBeatAt > LATE_MS;
    this.#lastBeatAt = now;
    if (late) this.#goodBeats = 0;
    let seen;
    try {
      seen = await this.table.beat(this.#id);
    } catch (error) {
      this.#goodBeats = 0;
      this.#suspects.clear();
      throw error;
    }
    if (!seen.alive) {
      this.#log.warn('this process was taken for dead; it starts again under a new incarnation');
      for (const listener of this.#onReaped) listener();
      await this.#register();
      return;
    }
    this.#goodBeats += 1;
    await this.#judge(seen.peers);
  }

  async #judge(peers: readonly Peer[]): Promise<void> {
    const dead = peers.filter((peer) => peer.silent_s >= DEAD_S && this.#suspects.get(peer.id) === peer.beat);
    this.#suspects = new Map(peers.filter((peer) => peer.silent_s >= SUSPECT_S).map((peer) => [peer.id, peer.beat]));
    if (dead.length === 0 || this.#goodBeats < GOOD_BEATS) return;
    const jobs = await this.table.reap(dead);
    this.#log.warn({ processes: dead.map((peer) => peer.id), jobs: jobs.length }, 'processes fell silent');
    this.onReclaimed(jobs);
  }
}
