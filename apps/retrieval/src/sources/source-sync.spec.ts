import { Runtime } from '@perennial/runtime';
import { afterEach, expect, it, vi } from 'vitest';
import type { SourceReader } from './source-reader';
import type { ClaimedSource, WaitingDocument } from './source-row';
import { SourceSync } from './source-sync';

afterEach(() => vi.restoreAllMocks());

it('a turn whose listing takes long reads documents for as long as that', async () => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  let waiting: WaitingDocument[] = Array.from({ length: 100 }, (_, at) => ({ address: String(at) }) as WaitingDocument);
  const released: unknown[] = [];
  const work = {
    found: () => Promise.resolve(),
    waiting: (_source: unknown, _base: unknown, limit: number) => Promise.resolve(waiting.slice(0, limit)),
    done: (_source: unknown, address: string) => {
      waiting = waiting.filter((one) => one.address !== address);
      return Promise.resolve();
    },
    release: (...all: unknown[]) => Promise.resolve(released.push(all)),
  };
  const reader: SourceReader = {
    begin: [],
    rereads: false,
    isEssential: () => false,
    read: () => {
      // The branch is listed with the first document.
      now += waiting.length === 100 ? 60_000 : 1_000;
      return Promise.resolve({ kind: 'unchanged' });
    },
  };
  const sync = new SourceSync(
    work as never,
    { of: () => reader } as never,
    { isActive: () => Promise.resolve(true) } as never,
    { open: () => '' } as never,
    {} as never,
    {} as never,
    { current: () => Promise.resolve({ retrieval: {} }) } as never,
    { SOURCE_MAX_DOCUMENTS: 1_000, WEB_LOADER_MAX_BYTES: 1_000 } as never,
    new Runtime({ name: 'retrieval', logLevel: 'silent' }),
  );
  const source = { id: 'a', owner: 'me', deaths: 0, config: { maxDocuments: 1_000 } } as ClaimedSource;
  await sync.turn(source, new AbortController().signal);
  expect(released).toHaveLength(1);
  expect(waiting.length).toBe(38);
});
