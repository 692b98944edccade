import { Store } from '../state/store';

/** Time in which a deletion can be undone, in milliseconds. */
export const UNDO_FOR_MS = 10_000;

/**
 * Chats that are being deleted: they are hidden at once, and the server is told when it cannot be undone any more, or when the page is left. If
 * the page dies before, the chat is still there.
 */
export class Deletions {
  /** Ids of chats that are not shown. */
  readonly hidden = new Store<ReadonlySet<string>>(new Set());
  private readonly waiting = new Map<string, ReturnType<typeof setTimeout>>();

  /** @param remove deletes a chat; `leaving`: the request must outlive the page */
  constructor(
    private readonly remove: (chatId: string, leaving: boolean) => Promise<unknown>,
    private readonly onProblem: (chatId: string, error: unknown) => void,
  ) {}

  begin(chatId: string): void {
    if (this.waiting.has(chatId)) return;
    this.hidden.set(new Set([...this.hidden.get(), chatId]));
    this.waiting.set(
      chatId,
      setTimeout(() => this.finish(chatId, false), UNDO_FOR_MS),
    );
  }

  /** @returns whether it was not too late */
  undo(chatId: string): boolean {
    clearTimeout(this.waiting.get(chatId));
    if (!this.waiting.delete(chatId)) return false;
    this.show(chatId);
    return true;
  }

  /** The page is left, or its account signs out. */
  finishAll(leaving: boolean): void {
    for (const chatId of [...this.waiting.keys()]) this.finish(chatId, leaving);
  }

  private finish(chatId: string, leaving: boolean): void {
    clearTimeout(this.waiting.get(chatId));
    this.waiting.delete(chatId);
    this.remove(chatId, leaving).catch((error: unknown) => {
      this.show(chatId);
      this.onProblem(chatId, error);
    });
  }

  private show(chatId: string): void {
    this.hidden.set(new Set([...this.hidden.get()].filter((id) => id !== chatId)));
  }
}
