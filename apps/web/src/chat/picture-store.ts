import type { Picture } from './pictures';

const NOTHING: readonly Picture[] = [];
const DATABASE = 'perennial';
const STORE = 'pictures';
/** What is kept of one draft, in characters. */
const MOST_KEPT = 50_000_000;

/** Keeps pictures that are not sent yet, over reloads; they are too large for where the text of drafts is. */
export class PictureStore {
  /** What was written last: nothing is written twice. */
  private readonly written = new Map<string, readonly Picture[]>();
  private isCleared = false;

  constructor(private readonly userId: string) {}

  /** A browser may refuse to keep anything: then there is nothing. */
  async read(chatId: string): Promise<readonly Picture[]> {
    const kept = await this.run<unknown>('readonly', (store) => store.get(this.key(chatId)));
    return Array.isArray(kept) ? (kept as Picture[]) : NOTHING;
  }

  write(chatId: string, pictures: readonly Picture[]): void {
    const before = this.written.get(chatId) ?? NOTHING;
    if (this.isCleared || before === pictures || before.length + pictures.length === 0) return;
    this.written.set(chatId, pictures);
    const size = pictures.reduce((sum, { url }) => sum + url.length, 0);
    void this.run('readwrite', (store) =>
      pictures.length === 0 || size > MOST_KEPT
        ? store.delete(this.key(chatId))
        : store.put(pictures, this.key(chatId)),
    );
  }

  /** Forgets those of the account, and keeps nothing more. */
  clear(): void {
    this.isCleared = true;
    void this.run('readwrite', (store) => store.delete(IDBKeyRange.bound(this.key(''), this.key('\uffff'))));
  }

  private key(chatId: string): string {
    return `${this.userId}:${chatId}`;
  }

  private async run<T>(mode: IDBTransactionMode, use: (store: IDBObjectStore) => IDBRequest): Promise<T | undefined> {
    try {
      const database = await opened();
      return await new Promise<T>((resolve, reject) => {
        const request = use(database.transaction(STORE, mode).objectStore(STORE));
        request.onsuccess = () => resolve(request.result as T);
        request.onerror = () => reject(request.error ?? new Error(DATABASE));
      });
    } catch {
      return undefined;
    }
  }
}

let opening: Promise<IDBDatabase> | undefined;

function opened(): Promise<IDBDatabase> {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error(DATABASE));
  });
  return opening;
}
