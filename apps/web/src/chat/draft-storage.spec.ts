import { beforeEach, describe, expect, it } from 'vitest';
import { DraftStorage } from './draft-storage';

/** A browser's storage, with a limit. */
class Memory implements Storage {
  private readonly entries = new Map<string, string>();

  constructor(private readonly limit = Infinity) {}

  get length(): number {
    return this.entries.size;
  }

  key(at: number): string | null {
    return [...this.entries.keys()][at] ?? null;
  }

  getItem(key: string): string | null {
    return this.entries.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (value.length > this.limit) throw new DOMException('full', 'QuotaExceededError');
    this.entries.set(key, value);
  }

  removeItem(key: string): void {
    this.entries.delete(key);
  }

  clear(): void {
    this.entries.clear();
  }
}

const draft = {
  text: 'Half a thought',
  model: 'm',
  bases: [{ id: 'b', name: 'B' }],
  files: [{ fileId: 'f', name: 'F', size: 3 }],
};
const empty = { text: '', model: undefined, bases: [], files: [] };

describe('the drafts that a browser keeps', () => {
  let storage: Memory;
  let drafts: DraftStorage;
  beforeEach(() => {
    storage = new Memory();
    drafts = new DraftStorage(storage, 'ada');
  });

  it('are one for each chat and account', () => {
    drafts.write('c', draft);
    expect(drafts.read('c')).toEqual(draft);
    expect(drafts.read('')).toBeUndefined();
    expect(new DraftStorage(storage, 'bob').read('c')).toBeUndefined();
  });

  it('are not written any more once the account has signed out, while the page is taken down', () => {
    drafts.write('c', draft);
    drafts.clear();
    drafts.write('c', draft);
    drafts.model = 'm';
    expect(storage.length).toBe(0);
    const again = new DraftStorage(storage, 'ada');
    again.write('c', draft);
    expect(again.read('c')).toEqual(draft);
  });

  it('leave nothing when they are empty, or when the account signs out', () => {
    drafts.write('c', draft);
    drafts.write('c', empty);
    expect(storage.length).toBe(0);
    drafts.write('c', draft);
    drafts.model = 'm';
    new DraftStorage(storage, 'bob').write('c', draft);
    drafts.clear();
    expect([drafts.read('c'), drafts.model, storage.length]).toEqual([undefined, undefined, 1]);
  });

  it('are read whatever wrote them', () => {
    storage.setItem('draft:ada:c', 'no JSON');
    expect(drafts.read('c')).toBeUndefined();
    storage.setItem('draft:ada:c', '["?"]');
    expect(drafts.read('c')).toEqual(empty);
    storage.setItem('draft:ada:c', '{"text":"x","bases":[1,{"id":2}],"files":"?","newer":true}');
    expect(drafts.read('c')).toEqual({ ...empty, text: 'x' });
  });

  it('break nothing in a browser that is full', () => {
    const full = new DraftStorage(new Memory(10), 'ada');
    full.write('c', draft);
    expect(full.read('c')).toBeUndefined();
  });
});
