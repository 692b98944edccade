import { ApiError } from '@perennial/web-client';

/** Who rests at a chat for this long means it; a pointer that passes over the list does not. */
const REST_MS = 80;
/** A server that refused, or was not reached, is left alone for this long unless it says for how long. */
const PAUSE_S = 5;

/**
 * Reads a chat before it is opened, when the pointer or the focus rests at it. One at a time, and only the last one that is rested at: a slow server is
 * asked for one chat after another, however many are passed.
 */
export class ReadAhead {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private restsAt: string | undefined;
  private next: string | undefined;
  private isReading = false;
  private pausedUntil = 0;

  /** @param read reads a chat; rejects if that fails, and may find that there is nothing to read */
  constructor(private readonly read: (chatId: string) => Promise<unknown>) {}

  /** The pointer or the focus is at this chat now, or at none. */
  at(chatId: string | undefined): void {
    if (chatId === this.restsAt) return;
    clearTimeout(this.timer);
    this.restsAt = chatId;
    this.next = undefined;
    if (chatId !== undefined) this.timer = setTimeout(() => this.press(chatId), REST_MS);
  }

  /** The chat is pressed: it is about to be opened. */
  press(chatId: string): void {
    clearTimeout(this.timer);
    this.next = chatId;
    if (!this.isReading) void this.readNext();
  }

  private async readNext(): Promise<void> {
    this.isReading = true;
    try {
      for (let chatId = this.taken(); chatId !== undefined; chatId = this.taken()) await this.read(chatId);
    } catch (error) {
      const { retryAfter = PAUSE_S } = error instanceof ApiError ? error : {};
      this.pausedUntil = Date.now() + retryAfter * 1_000;
    }
    this.isReading = false;
  }

  private taken(): string | undefined {
    const chatId = Date.now() < this.pausedUntil ? undefined : this.next;
    this.next = undefined;
    return chatId;
  }
}
