export interface RetryBudgetOptions {
  /** Retries per call, on average. */
  share: number;
  /** Retries that are saved up at most, so that who makes few calls may retry as well. */
  saved: number;
}

/**
 * Retries as a share of the calls: when most calls fail, retries would only multiply the load of who is called (as Finagle's RetryBudget).
 */
export class RetryBudget {
  private saved: number;

  constructor(private readonly options: RetryBudgetOptions = { share: 0.1, saved: 10 }) {
    this.saved = options.saved;
  }

  /** A first attempt was made. */
  called(): void {
    this.saved = Math.min(this.options.saved, this.saved + this.options.share);
  }

  /** Whether one more retry may be made; it then counts. */
  take(): boolean {
    if (this.saved < 1) return false;
    this.saved -= 1;
    return true;
  }
}
