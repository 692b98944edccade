/** A record without a recent keep-alive, as the heartbeat lists it. */
export interface SilentRecord {
  streamId: string;
  consumer: string;
  idleMs: number;
  deliveries: number;
}

/** Milliseconds without a keep-alive (one each 0.5 s) from which a record may be claimed. */
export const CLAIM_IDLE_MS = 1_500;
/** A record is suspected a little earlier, so that the second look is on time for the claim. */
export const SUSPECT_IDLE_MS = 1_000;
/**
 * Consecutive good heartbeats before anything is claimed: after an outage all replicas reconnect within the longest delay (1 s) plus the
 * delay of a busy machine, and until then they all look dead to the first.
 */
const GOOD_BEATS = 6;
/** Milliseconds; how exactly two looks must agree on the last keep-alive. */
const SAME_MOMENT_MS = 20;

/**
 * Decides which records of other replicas to claim: seen silent twice, without a keep-alive in between, and only while this replica's own
 * heartbeats are regular. After a pause of Redis all replicas look dead, and a replica that was paused itself has stale data.
 */
export class FailureDetector {
  private goodBeats = 0;
  private suspects = new Map<string, number>();

  /** A heartbeat failed, was late or slow: earlier looks prove nothing. */
  forget(): void {
    this.goodBeats = 0;
    this.suspects.clear();
  }

  /** Evaluates the records that a good heartbeat listed (at `nowMs` of Redis's clock); returns those to claim. */
  look(silent: readonly SilentRecord[], nowMs: number): SilentRecord[] {
    this.goodBeats += 1;
    const seen = new Map<string, number>();
    const dead: SilentRecord[] = [];
    for (const record of silent) {
      const keptAt = nowMs - record.idleMs;
      const before = this.suspects.get(record.streamId);
      seen.set(record.streamId, keptAt);
      if (before === undefined || Math.abs(before - keptAt) > SAME_MOMENT_MS) continue;
      if (record.idleMs >= CLAIM_IDLE_MS && this.goodBeats >= GOOD_BEATS) dead.push(record);
    }
    this.suspects = seen;
    return dead;
  }
}
