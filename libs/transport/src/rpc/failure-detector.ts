/** A record that nobody kept for a while, as the heartbeat lists it. */
export interface SilentRecord {
  streamId: string;
  consumer: string;
  idleMs: number;
  deliveries: number;
}

/** Milliseconds without a keep-alive (one each 0.5 s) from which a record may be claimed. */
export const CLAIM_IDLE_MS = 1_500;
/** A replica is suspected a little earlier, so that the second look coincides with the claim. */
export const SUSPECT_IDLE_MS = 1_000;
/**
 * Good heartbeats in a row before anything is claimed: after a break everyone comes back within the longest reconnect delay (1 s) and what
 * a busy machine adds to it, and until then everyone looks dead to the first.
 */
const GOOD_BEATS = 6;
/** Milliseconds; the precision with which two looks agree on when a record was last kept. */
const SAME_MOMENT_MS = 20;

/**
 * Decides which records of other replicas to claim: seen silent twice, unkept in between, and only while one's own heartbeats flow.
 * A Redis that paused for 5 s makes everyone look dead; a replica that was stopped for 8 s has old news.
 */
export class FailureDetector {
  private goodBeats = 0;
  private suspects = new Map<string, number>();

  /** A heartbeat failed, was late or came back slowly: what was seen before says nothing. */
  forget(): void {
    this.goodBeats = 0;
    this.suspects.clear();
  }

  /** Takes the records that a good heartbeat listed (at `nowMs` of Redis's clock); returns those to claim. */
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
