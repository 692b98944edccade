import { Problem } from '../../problem';

/**
 * Counts the uploads of this replica: each takes memory and a connection to the store for as long as its client needs.
 */
export class UploadSlots {
  private all = 0;
  private readonly byUser = new Map<string, number>();

  constructor(
    private readonly limits: { all: number; perUser: number },
    private readonly retryAfterS = 2,
  ) {}

  /** @throws Problem 429 or 503 */
  async hold<T>(userId: string, work: () => Promise<T>): Promise<T> {
    const own = this.byUser.get(userId) ?? 0;
    const headers = { 'retry-after': String(this.retryAfterS) };
    if (own >= this.limits.perUser)
      throw new Problem(429, 'Too many of your uploads are under way. Wait until one has ended.', headers);
    if (this.all >= this.limits.all)
      throw new Problem(503, 'The server takes no further uploads at the moment. Try again soon.', headers);
    this.all += 1;
    this.byUser.set(userId, own + 1);
    try {
      return await work();
    } finally {
      this.all -= 1;
      const left = (this.byUser.get(userId) ?? 1) - 1;
      if (left === 0) this.byUser.delete(userId);
      else this.byUser.set(userId, left);
    }
  }
}
