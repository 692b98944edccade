import type { Account } from '@perennial/e2e/support/accounts';

/** Accounts that do the same again and again until they are ended. What fails is kept; nothing is repeated. */
export abstract class Crowd {
  requests = 0;
  readonly failed: string[] = [];
  private over = false;
  private done: Promise<unknown> = Promise.resolve();

  constructor(
    protected readonly baseUrl: string,
    private readonly accounts: readonly Account[],
  ) {}

  begin(): this {
    this.done = Promise.all(this.accounts.map((account) => this.repeat(account)));
    return this;
  }

  async end(): Promise<void> {
    this.over = true;
    await this.done;
  }

  /** What one account does once. Never rejects. */
  protected abstract round(account: Account, round: number): Promise<void>;

  protected fail(what: string, why: unknown): void {
    const time = new Date().toISOString().slice(11, 23);
    this.failed.push(`${time} ${what}: ${why instanceof Error ? why.message : String(why)}`);
  }

  private async repeat(account: Account): Promise<void> {
    for (let round = 0; !this.over; round += 1) await this.round(account, round);
  }
}
