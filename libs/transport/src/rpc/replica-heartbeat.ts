import { type Logger, wakeEvery } from '@perennial/runtime';
import type { Redis } from 'ioredis';
import { isRedisUnavailable } from '../redis';
import { CLAIM_IDLE_MS, FailureDetector, type SilentRecord, SUSPECT_IDLE_MS } from './failure-detector';
import { type PendingEntry, type RedeliveredRecord, toRedelivered } from './request-reader';
import { FORGET_REPLICAS, HEARTBEAT } from './scripts';
import { outsideTraces } from './tracing';
import { REPLICA_GROUP } from './wire';

export interface ReplicaHeartbeatOptions {
  stream: string;
  consumer: string;
  /** Records that this replica works on. */
  streamIds(): string[];
  /** Free slots for further records. */
  free(): number;
  onClaimed(records: RedeliveredRecord[]): void;
  /** Called with each beat, successful or not. */
  onBeat(): void;
  /** Called once Redis's clock is known. */
  onClock(): void;
}

const BEAT_MS = 500;
/**
 * After a slower reply, or a later beat, no replica may be taken for dead. Longer than a busy machine delays a living Redis.
 */
const SLOW_MS = 600;
const LATE_MS = 2_000;
/** The measured clock may be wrong by half of a round trip, so only quick ones count. */
const CLOCK_ROUND_TRIP_MS = 50;
const LISTED = 200;
/** Replicas without records are removed after this time; checked every so many beats. */
const FORGET_IDLE_MS = 600_000;
const FORGET_EVERY_BEATS = 600;

/**
 * The heartbeat of a replica: keeps its records claimed, measures Redis's clock and claims the records of dead replicas.
 */
export class ReplicaHeartbeat {
  private readonly detector = new FailureDetector();
  private stopBeating: (() => void) | undefined;
  private beating = false;
  private beats = 0;
  private lastBeatAt = performance.now();
  private goodAt: number | undefined;
  /** Redis's clock minus `performance.now()`, which no correction of this machine's clock moves; undefined before the first good beat. */
  private offsetMs: number | undefined;

  constructor(
    private readonly redis: Redis,
    private readonly log: Logger,
    private readonly options: ReplicaHeartbeatOptions,
  ) {}

  /** Redis's clock in milliseconds, as soon as this process knows it. */
  redisNow(): number | undefined {
    return this.offsetMs === undefined ? undefined : performance.now() + this.offsetMs;
  }

  /** Milliseconds since the last good heartbeat. */
  get sinceGoodMs(): number {
    return this.goodAt === undefined ? Infinity : performance.now() - this.goodAt;
  }

  start(): void {
    outsideTraces(() => {
      this.stopBeating = wakeEvery(BEAT_MS, () => void this.beat());
      void this.beat();
    });
    // Without waiting for the next tick: readiness waits for the first successful beat.
    this.redis.on('ready', this.onConnected);
  }

  stop(): void {
    this.redis.off('ready', this.onConnected);
    this.stopBeating?.();
    this.stopBeating = undefined;
  }

  private readonly onConnected = (): void => {
    this.detector.forget();
    void outsideTraces(() => this.beat());
  };

  private async beat(): Promise<void> {
    this.options.onBeat();
    if (this.beating) return;
    this.beating = true;
    const startedAt = performance.now();
    if (startedAt - this.lastBeatAt > LATE_MS) this.detector.forget();
    this.lastBeatAt = startedAt;
    try {
      const { nowMs, silent } = await this.heartbeat(startedAt);
      const tookMs = performance.now() - startedAt;
      if (tookMs > SLOW_MS) {
        this.detector.forget();
      } else {
        const dead = this.detector.look(silent, nowMs);
        if (dead.length > 0 && this.stopBeating) await this.claim(dead);
      }
      this.beats += 1;
      if (this.beats % FORGET_EVERY_BEATS === 0) await this.forgetReplicas();
    } catch (error) {
      this.detector.forget();
      if (!isRedisUnavailable(error)) this.log.warn({ err: error }, 'heartbeat failed');
    } finally {
      this.beating = false;
    }
  }

  private async heartbeat(startedAt: number): Promise<{ nowMs: number; silent: SilentRecord[] }> {
    const { stream, consumer } = this.options;
    const args = [REPLICA_GROUP, consumer, SUSPECT_IDLE_MS, LISTED, ...this.options.streamIds()];
    const [seconds, micros, listed] = await HEARTBEAT.run(this.redis, [stream], args);
    const nowMs = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
    const tookMs = performance.now() - startedAt;
    if (tookMs <= SLOW_MS) this.goodAt = performance.now();
    const isFirst = this.offsetMs === undefined;
    if (tookMs <= CLOCK_ROUND_TRIP_MS || isFirst) this.offsetMs = nowMs - (startedAt + tookMs / 2);
    if (isFirst) this.options.onClock();
    return {
      nowMs,
      silent: listed.map(([streamId, owner, idleMs, deliveries]) => ({
        streamId,
        consumer: owner,
        idleMs,
        deliveries,
      })),
    };
  }

  private async claim(dead: readonly SilentRecord[]): Promise<void> {
    const { stream, consumer } = this.options;
    const own = new Set(this.options.streamIds());
    const wanted = dead.filter((record) => !own.has(record.streamId)).slice(0, Math.max(0, this.options.free()));
    if (wanted.length === 0) return;
    const entries = await this.redis.xclaim(
      stream,
      REPLICA_GROUP,
      consumer,
      CLAIM_IDLE_MS,
      ...wanted.map((record) => record.streamId),
    );
    const before = new Map(
      wanted.map((record): [string, PendingEntry] => [
        record.streamId,
        [record.streamId, record.consumer, record.idleMs, record.deliveries],
      ]),
    );
    const claimed = toRedelivered(entries, before, consumer);
    if (claimed.length === 0) return;
    this.log.warn({ calls: claimed.length }, 'claimed the calls of replicas that died');
    this.options.onClaimed(claimed);
  }

  private async forgetReplicas(): Promise<void> {
    const { stream, consumer } = this.options;
    await FORGET_REPLICAS.run(this.redis, [stream], [REPLICA_GROUP, consumer, FORGET_IDLE_MS]);
  }
}
