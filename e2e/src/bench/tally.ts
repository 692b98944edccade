import { Histogram } from './histogram';
import type { TurnResult } from './turn-user';

/** What happened to the turns of one phase. */
export class Tally {
  /** Turns that were completed within the phase. */
  completed = 0;
  /** Of turns that were accepted, also those whose answer came after the phase; milliseconds. */
  readonly firstToken = new Histogram();
  /** Of turns that were accepted; milliseconds. */
  private readonly accept = new Histogram();
  private readonly from = Date.now();
  private offered = 0;
  private failed = 0;
  private readonly refused: Record<string, number> = {};

  constructor(private readonly seconds: number) {}

  get isOver(): boolean {
    return Date.now() >= this.from + this.seconds * 1_000;
  }

  get completedPerSecond(): number {
    return this.completed / this.seconds;
  }

  /** Counts a turn; `waitedMs` is added to its first token: an earlier try was refused. */
  async count(turn: Promise<TurnResult>, waitedMs = 0): Promise<TurnResult> {
    this.offered += 1;
    const result = await turn;
    const { status, acceptMs, firstTokenMs, completed } = result;
    if (status === 200) this.accept.add(acceptMs);
    if (status !== 200) this.refused[status] = (this.refused[status] ?? 0) + 1;
    else if (!completed) this.failed += 1;
    else if (!this.isOver) this.completed += 1;
    if (firstTokenMs !== undefined) this.firstToken.add(waitedMs + firstTokenMs);
    return result;
  }

  figures(): Record<string, unknown> {
    const perSecond = (count: number): number => Number((count / this.seconds).toFixed(1));
    return {
      offered_per_s: perSecond(this.offered),
      completed_per_s: perSecond(this.completed),
      failed: this.failed,
      refused: this.refused,
      accept_ms: { p50: this.accept.quantile(0.5), p99: this.accept.quantile(0.99) },
      first_token_ms: { p50: this.firstToken.quantile(0.5), p99: this.firstToken.quantile(0.99) },
    };
  }
}
