import { randomUUID } from 'node:crypto';
import { every, type Interval, type Logger, type Runtime } from '@perennial/runtime';
import type { Peer, ProcessTable } from './process-table';

const BEAT_MS = 500;
/** A process that is silent for this long is taken for dead. */
const DEAD_S = 3;
/** The first of two looks at the same stale heartbeat may be a little earlier, so that the second is on time. */
const SUSPECT_S = 2;
/**
 * Consecutive heartbeats of this process before it may judge others: after Postgres was away every process looks dead, and on a busy machine
 * some return two seconds after the first.
 */
const GOOD_BEATS = 6;
/** A heartbeat later than this means that this process was blocked itself, and its view of the others may be old. */
const LATE_MS = 1_500;

/**
 * Membership of this process: its heartbeat row, and the reaping of silent processes. `id` is a random incarnation, renewed whenever others
 * have taken this process for dead; its earlier work then belongs to others.
 */
export class ProcessRegistry<Job extends object> {
  private incarnation = '';
  private goodBeats = 0;
  private lastBeatAt = performance.now();
  private suspects = new Map<string, number>();
  private interval?: Interval;
  private takeOvers = 0;
  private readonly reapedListeners: (() => void)[] = [];
  private readonly log: Logger;
  private readonly suspected;
  private readonly declaredDead;
  private readonly wasDeclaredDead;

  /** @param onReclaimed called with the work that returned to the queue because its owner died */
  constructor(
    private readonly table: ProcessTable<Job>,
    private readonly runtime: Runtime,
    private readonly onReclaimed: (jobs: readonly Job[]) => void,
  ) {
    this.log = runtime.logger('process-registry');
    runtime.status.provide({ takeOvers: () => this.takeOvers });
    const { metrics } = runtime;
    this.suspected = metrics.counter('peers_suspected_total', 'Times that another process was silent for 2 s');
    this.declaredDead = metrics.counter('peers_declared_dead_total', 'Processes that this one took for dead');
    this.wasDeclaredDead = metrics.counter(
      'declared_dead_total',
      'Times that others took this process for dead while it lived',
    );
  }

  /** The incarnation under which this process owns work. */
  get id(): string {
    return this.incarnation;
  }

  /** Called when others took this process for dead while it lived: it owns nothing any more. */
  onReaped(listener: () => void): void {
    this.reapedListeners.push(listener);
  }

  async start(): Promise<void> {
    await this.register();
    this.interval = every(BEAT_MS, () => this.beat(), { name: 'heartbeat', log: this.log, jitter: 0.05 });
  }

  /** Unregisters; work that this process still owns returns to the queue. */
  async stop(): Promise<void> {
    await this.interval?.stop();
    await this.table.unregister(this.incarnation);
  }

  private async register(): Promise<void> {
    const id = randomUUID();
    await this.table.register(id, this.runtime.instance);
    this.incarnation = id;
    this.goodBeats = 0;
  }

  private async beat(): Promise<void> {
    const now = performance.now();
    const late = now - this.lastBeatAt > LATE_MS;
    this.lastBeatAt = now;
    if (late) this.goodBeats = 0;
    let seen;
    try {
      seen = await this.table.beat(this.incarnation);
    } catch (error) {
      this.goodBeats = 0;
      this.suspects.clear();
      throw error;
    }
    if (!seen.alive) {
      this.wasDeclaredDead.inc();
      this.log.warn('this process was taken for dead; it starts again under a new incarnation');
      for (const listener of this.reapedListeners) listener();
      await this.register();
      return;
    }
    this.goodBeats += 1;
    await this.judge(seen.peers);
  }

  private async judge(peers: readonly Peer[]): Promise<void> {
    const dead = peers.filter((peer) => peer.silent_s >= DEAD_S && this.suspects.get(peer.id) === peer.beat);
    const silent = peers.filter((peer) => peer.silent_s >= SUSPECT_S);
    this.suspected.inc(silent.filter(({ id }) => !this.suspects.has(id)).length);
    this.suspects = new Map(silent.map((peer) => [peer.id, peer.beat]));
    if (dead.length === 0 || this.goodBeats < GOOD_BEATS) return;
    const jobs = await this.table.reap(dead);
    this.takeOvers += jobs.length;
    this.declaredDead.inc(dead.length);
    this.log.warn({ processes: dead.map((peer) => peer.id), jobs: jobs.length }, 'silent processes unregistered');
    this.onReclaimed(jobs);
  }
}
