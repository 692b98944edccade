import { Store } from '../state/store';

/** Time in which a deletion can be undone, in milliseconds. */
export const UNDO_FOR_MS = 10_000;

/**
 * Chats, or messages, that are being deleted: they are hidden at once, and the server is told when it cannot be undone any more, or when the page
 * is left. If the page dies before, they are still there.
 */
export class Deletions {
  /** Ids of what is not shown. */
  readonly hidden = new Store<ReadonlySet<string>>(new Set());
  private readonly waiting = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly underWay = new Set<Promise<void>>();

  /** @param remove deletes it; `leaving`: the request must outlive the page */
  constructor(
    private readonly remove: (id: string, leaving: boolean) => Promise<unknown>,
    private readonly onProblem: (id: string, error: unknown) => void,
  ) {}

  begin(id: string): void {
    if (this.waiting.has(id)) return;
    this.hidden.set(new Set([...this.hidden.get(), id]));
    this.waiting.set(
      id,
      setTimeout(() => void this.finish(id, false), UNDO_FOR_MS),
    );
  }

  /** @returns whether it was not too late */
  undo(id: string): boolean {
    clearTimeout(this.waiting.get(id));
    if (!this.waiting.delete(id)) return false;
    this.show(id);
    return true;
  }

  /** The page is left, or its account signs out; or what comes next must come after them. Resolves when all that were begun have ended. */
  async finishAll(leaving: boolean): Promise<void> {
    for (const id of this.waiting.keys()) void this.finish(id, leaving);
    await Promise.all(this.underWay);
  }

  private async finish(id: string, leaving: boolean): Promise<void> {
    const ending = this.end(id, leaving);
    this.underWay.add(ending);
    await ending;
    this.underWay.delete(ending);
  }

  private async end(id: string, leaving: boolean): Promise<void> {
    clearTimeout(this.waiting.get(id));
    this.waiting.delete(id);
    await this.remove(id, leaving).catch((error: unknown) => {
      this.show(id);
      this.onProblem(id, error);
    });
  }

  private show(id: string): void {
    this.hidden.set(new Set([...this.hidden.get()].filter((one) => one !== id)));
  }
}
