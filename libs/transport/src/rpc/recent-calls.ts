/** What this replica knows of a call id. */
export type RecentCall = { kind: 'running' } | { kind: 'cancelled' } | { kind: 'answered'; frame: string };

/** Milliseconds that an answer is remembered, at least: a caller that reconnects repeats its calls within that. */
const REMEMBER_MS = 10_000;
const MAX_REMEMBERED = 2_000;
const MAX_FRAME_LENGTH = 64 * 1024;

/**
 * A repeated call id does not run twice here while it is known. Two generations instead of a timer per entry: what is older than
 * both is forgotten.
 */
export class RecentCalls {
  private readonly running = new Set<string>();
  private young = new Map<string, RecentCall>();
  private old = new Map<string, RecentCall>();
  private turnedAt: number;

  constructor(private readonly now: () => number = Date.now) {
    this.turnedAt = now();
  }

  find(callId: string): RecentCall | undefined {
    if (this.running.has(callId)) return { kind: 'running' };
    if (this.young.size === 0 && this.old.size === 0) return undefined;
    return this.young.get(callId) ?? this.old.get(callId);
  }

  started(callId: string): void {
    this.running.add(callId);
  }

  /** `frame` is the answer to give again, or undefined when running it again does no harm. */
  ended(callId: string, frame: string | undefined): void {
    this.running.delete(callId);
    if (frame !== undefined && frame.length <= MAX_FRAME_LENGTH) this.remember(callId, { kind: 'answered', frame });
  }

  cancelled(callId: string): void {
    if (!this.running.has(callId)) this.remember(callId, { kind: 'cancelled' });
  }

  private remember(callId: string, entry: RecentCall): void {
    const now = this.now();
    if (now - this.turnedAt > REMEMBER_MS || this.young.size >= MAX_REMEMBERED) {
      this.old = this.young;
      this.young = new Map();
      this.turnedAt = now;
    }
    this.young.set(callId, entry);
  }
}
