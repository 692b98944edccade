/** What this replica remembers of a call that it no longer works on. */
export type RecentCall = { kind: 'cancelled' } | { kind: 'answered'; frame: string };

/** Milliseconds that an answer is remembered, at least: a caller that reconnects repeats its calls within that. */
const REMEMBER_MS = 10_000;
const MAX_REMEMBERED = 2_000;
/** UTF-16 units of frames in one generation. */
const MAX_LENGTH = 4 * 1024 * 1024;

/**
 * A repeated call id does not run twice here while it is known. Two generations instead of a timer per entry: what is older than
 * both is forgotten.
 */
export class RecentCalls {
  private young = new Map<string, RecentCall>();
  private old = new Map<string, RecentCall>();
  private length = 0;
  private turnedAt: number;

  constructor(private readonly now: () => number = Date.now) {
    this.turnedAt = now();
  }

  find(callId: string): RecentCall | undefined {
    return this.young.get(callId) ?? this.old.get(callId);
  }

  /** `frame` is given again when the call id comes again. */
  answered(callId: string, frame: string): void {
    if (frame.length > MAX_LENGTH / 4) return;
    this.remember(callId, { kind: 'answered', frame }, frame.length);
  }

  /** The call may still be on its way here: it is dropped when it comes. */
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
