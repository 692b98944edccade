import { CallError } from '@perennial/contracts-kernel';
import { CountByKey } from '@perennial/runtime';

interface Waiting {
  userId: string;
  bytes: number;
  begin: () => void;
}

/**
 * Limits the bytes of pictures that this process holds at once. Requests beyond it wait in order without overtaking; only a user who holds
 * half of it does not make others wait.
 */
export class PictureMemory {
  private readonly heldByUser = new CountByKey();
  private total = 0;
  private queue: Waiting[] = [];

  /**
   * @param limit bytes; a larger request is granted when nothing else is held
   *
   * @param timeoutMs how long a request waits before it is refused
   */
  constructor(
    private readonly limit: number,
    private readonly timeoutMs = 60_000,
  ) {}

  get held(): number {
    return this.total;
  }

  get waiting(): number {
    return this.queue.length;
  }

  /**
   * Runs `work` while this many bytes are held.
   *
   * @throws CallError UNAVAILABLE when there was no memory in time; the signal's reason when it is aborted before
   */
  async hold<T>(userId: string, bytes: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (bytes === 0) return work();
    await this.room(userId, bytes, signal);
    try {
      return await work();
    } finally {
      this.add(userId, -bytes);
      this.admit();
    }
  }

  private room(userId: string, bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      const settle = (done: () => void) => () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        done();
      };
      const leave = (error: Error): void => {
        this.queue = this.queue.filter((one) => one !== waiting);
        settle(() => reject(error))();
        this.admit();
      };
      const abort = (): void => leave(signal.reason as Error);
      const waiting: Waiting = { userId, bytes, begin: settle(resolve) };
      const timer = setTimeout(() => leave(noRoom()), this.timeoutMs);
      signal.addEventListener('abort', abort, { once: true });
      this.queue.push(waiting);
      this.admit();
    });
  }

  private admit(): void {
    const left: Waiting[] = [];
    let full = false;
    for (const waiting of this.queue) {
      const { userId, bytes, begin } = waiting;
      const own = this.heldByUser.of(userId);
      const isHisShare = own > 0 && own + bytes > this.limit / 2;
      full ||= !isHisShare && this.total > 0 && this.total + bytes > this.limit;
      if (full || isHisShare) left.push(waiting);
      else {
        this.add(userId, bytes);
        begin();
      }
    }
    this.queue = left;
  }

  private add(userId: string, bytes: number): void {
    this.total += bytes;
    this.heldByUser.add(userId, bytes);
  }
}

const noRoom = (): CallError =>
  new CallError('UNAVAILABLE', 'Too many pictures are being answered at the moment. Try again in a minute.');
