import { accountPrefix } from '../state/account-prefix';
import { type Fields } from '../wire/narrow';
import type { KeptDraft } from './draft';
import { toParameters } from './parameters';

/** Longer texts would fill what a browser keeps for a site. */
const LONGEST_TEXT = 64 * 1024;
const RECENT_MODELS = 5;

/** Keeps the drafts and the last chosen model of one account in the browser, over reloads and ended sessions, until it signs out by hand. */
export class DraftStorage {
  private readonly prefix: string;
  private isCleared = false;

  constructor(
    private readonly storage: Storage,
    userId: string,
  ) {
    this.prefix = accountPrefix(userId);
  }

  /** @param chatId empty for the chat that the first message creates */
  read(chatId: string): KeptDraft | undefined {
    try {
      return toDraft(JSON.parse(this.storage.getItem(this.prefix + chatId) ?? 'null'));
    } catch {
      return undefined;
    }
  }

  write(chatId: string, draft: KeptDraft): void {
    const { text, model, parameters, bases, files } = draft;
    const isEmpty = text === '' && model === undefined && parameters === undefined && bases.length + files.length === 0;
    if (isEmpty) this.storage.removeItem(this.prefix + chatId);
    else this.set(this.prefix + chatId, JSON.stringify({ ...draft, text: text.slice(0, LONGEST_TEXT) }));
  }

  /** The model that was chosen last: the one of a new chat. */
  get model(): string | undefined {
    return this.storage.getItem(`${this.prefix}model`) ?? undefined;
  }

  set model(id: string | undefined) {
    if (id === undefined) return;
    this.set(`${this.prefix}model`, id);
    const others = this.recentModels.filter((other) => other !== id);
    this.set(`${this.prefix}models`, JSON.stringify([id, ...others].slice(0, RECENT_MODELS)));
  }

  /** Models that were chosen, the last first. */
  get recentModels(): string[] {
    try {
      const kept: unknown = JSON.parse(this.storage.getItem(`${this.prefix}models`) ?? '[]');
      return Array.isArray(kept) ? kept.filter((id) => typeof id === 'string') : [];
    } catch {
      return [];
    }
  }

  /** Forgets all of the account, and keeps nothing more: what is written while the page is taken down would stay for the next person. */
  clear(): void {
    this.isCleared = true;
    const keys = Array.from({ length: this.storage.length }, (_, at) => this.storage.key(at));
    for (const key of keys) if (key?.startsWith(this.prefix)) this.storage.removeItem(key);
  }

  /** A browser may refuse, because it is full or private: the page works without. */
  private set(key: string, value: string): void {
    if (this.isCleared) return;
    try {
      this.storage.setItem(key, value);
    } catch {
      this.storage.removeItem(key);
    }
  }
}

/** What a page wrote, of this version or of another. */
function toDraft(kept: unknown): KeptDraft | undefined {
  if (typeof kept !== 'object' || kept === null) return undefined;
  const { text, model, parameters, bases, files } = kept as Partial<Record<keyof KeptDraft, unknown>>;
  return {
    text: typeof text === 'string' ? text : '',
    model: typeof model === 'string' ? model : undefined,
    ...(typeof parameters === 'object' && parameters !== null
      ? { parameters: toParameters(parameters as Fields) }
      : {}),
    bases: listOf(bases).filter(({ id, name }) => typeof id === 'string' && typeof name === 'string') as never,
    files: listOf(files).filter(
      ({ fileId, name, size }) => typeof fileId === 'string' && typeof name === 'string' && typeof size === 'number',
    ) as never,
  };
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'object' && entry !== null) : [];
}
