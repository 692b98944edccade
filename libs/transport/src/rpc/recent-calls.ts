/** A call that this replica has finished with. */
export type RecentCall = { kind: 'cancelled' } | { kind: 'answered'; frame: string };

/** Minimum milliseconds that a reply is remembered: a caller that reconnects repeats its calls within that time. */
const REMEMBER_MS = 10_000;
const MAX_REMEMBERED = 2_000;
/** UTF-16 units of frames in one generation. */
const MAX_LENGTH = 4 * 1024 * 1024;

/**
 * Keeps a repeated call id from running twice here. Two generations instead of a timer per entry: entries older than both are dropped.
 */
export class RecentCalls {
  private young = new Map<string, RecentCall>();
  private old = new Map<string, RecentCall>();
  private length = 0;
  private turnedAt: number;

  constructor(private readonly now: () => number = () => performance.now()) {
    this.turnedAt = now();
  }

  find(callId: string): RecentCall | undefined {
    return this.young.get(callId) ?? this.old.get(callId);
  }

  /** `frame` is sent again if the call id is repeated. */
  answered(callId: string, frame: string): void {
    if (frame.length > MAX_LENGTH / 4) return;
    this.remember(callId, { kind: 'answered', frame }, frame.length);
  }

  /** The call may still be in transit: it is dropped when it arrives. */
  cancelled(callId: string): void {
    this.remember(callId, { kind: 'cancelled' }, 0);
  }

  private remember(callId: string, entry: RecentCall, length: number): void {
    const now = this.now();
    const full = this.young.size >= MAX_REMEMBERED || this.length + length > MAX_LENGTH;
    if (full || now - this.turnedAt > REMEMBER_MS) {
      this.old = this.young;
      this.young = new Map();
      this.length = 0;
      this.turnedAt = now;
    }
    this.young.set(callId, entry);
    this.length += length;
  }
}
