import { ConcurrencyLimiter } from '@perennial/runtime';
import { type Point, type VectorStore, VectorStores } from '@perennial/vector-store';
import { expect, it, vi } from 'vitest';
import { EmbeddingError } from '../embedding/embedding-error';
import type { EmbeddingGateway } from '../embedding/embedding-gateway';
import { toIngestionFault } from '../ingestion/faults';
import type { KeySeal } from '../settings/key-seal';
import type { StoredChunk } from './chunks.repository';
import type { VectorIndex } from './index-catalog';
import type { IndexRegistry } from './index-registry';
import { IndexWriter, type Page } from './index-writer';

const page = (fileId: string, residence: string | null = null): Page => ({
  ...{ fileId, generation: 1, scopes: ['scope'], residence },
  chunks: [{ ordinal: 0, text: fileId, hash: fileId, page: null, heading: null, name: 'notes.txt' }],
});
const stores = new VectorStores({
  named: new Map([['default', {} as VectorStore]]),
  placed: new Map([['strict', {} as VectorStore]]),
});
const strict = { blobs: 'default' as const, vectors: 'default' as const, connections: ['https://models.example/v1'] };
const PLACEMENTS = new Map([['strict', strict]]);
const server = { url: '', sealedKey: null };
const index = {
  store: 'default',
  collection: 'c',
  dimension: 2,
  embedding: { engine: 'openai', openai: server, ollama: server },
} as unknown as VectorIndex;
const writerWith = (embeddings: EmbeddingGateway): IndexWriter =>
  new IndexWriter(embeddings, { open: () => '' } as unknown as KeySeal, {} as IndexRegistry, stores, { PLACEMENTS });

// Real: the writer and its limiter. Not real: the embedder, which fails for one batch at once and refuses a text of the next one later.
it('a writing that has ended charges no file and embeds nothing more', async () => {
  let refuse = (_: Error): void => undefined;
  const refused = new Promise<never>((_, reject) => (refuse = reject));
  const asked: string[][] = [];
  const embeddings = {
    limiter: () => new ConcurrencyLimiter(2),
    store: (_: unknown, chunks: readonly StoredChunk[]): Promise<never> => {
      asked.push(chunks.map(({ hash }) => hash));
      if (chunks[0]?.hash === 'first') return Promise.reject(new Error('the cache is away'));
      return refused;
    },
  } as unknown as EmbeddingGateway;
  const writer = writerWith(embeddings);
  async function* batches(): AsyncGenerator<Page[]> {
    yield [page('first')];
    yield [page('second')];
  }
  const onRefused = vi.fn(() => Promise.resolve());
  const writing = writer.write(index, batches(), { signal: new AbortController().signal, ahead: 2, onRefused });
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  setImmediate(() => refuse(new EmbeddingError('text', 'A text is refused.', { hash: 'second' })));
  await expect(writing).rejects.toThrow('the cache is away');
  expect(onRefused).not.toHaveBeenCalled();
  expect(asked).toEqual([['first'], ['second']]);
});

// Real: the writer. Not real: the embedder, which must not be asked.
it.each([
  ['waits where its placement is not known, as for a store that is away', 'mars', { kind: 'wait' }, 0],
  ['is refused where its placement is known and does not list the embedder', 'strict', undefined, 1],
])('a file %s', async (_, residence, fault, refusals) => {
  const store = vi.fn();
  const writer = writerWith({ limiter: () => new ConcurrencyLimiter(1), store } as unknown as EmbeddingGateway);
  async function* batches(): AsyncGenerator<Page[]> {
    yield [page('file', residence)];
  }
  const onRefused = vi.fn(() => Promise.resolve());
  const writing = writer.write(index, batches(), { signal: new AbortController().signal, onRefused });
  const thrown = await writing.then(
    () => undefined,
    (error: unknown) => toIngestionFault(error),
  );
  if (fault) expect(thrown).toMatchObject(fault);
  else expect(thrown).toBeUndefined();
  expect(onRefused).toHaveBeenCalledTimes(refusals);
  expect(store).not.toHaveBeenCalled();
});

// Real: the writer. Not real: the embedder, and the store, which keeps what it is given.
it('a chunk is found by the names of its document and of its section too', async () => {
  const upsert = vi.fn((_collection: string, _points: readonly Point[]) => Promise.resolve());
  const store = new VectorStores({
    named: new Map([['default', { upsert } as unknown as VectorStore]]),
    placed: new Map(),
  });
  const embeddings = {
    limiter: () => new ConcurrencyLimiter(1),
    store: () => Promise.resolve(new Map([['h', Float32Array.of(1, 0)]])),
  } as unknown as EmbeddingGateway;
  const seal = { open: () => '' } as unknown as KeySeal;
  const writer = new IndexWriter(embeddings, seal, {} as IndexRegistry, store, { PLACEMENTS });
  const chunk = {
    ordinal: 1,
    text: 'Receipts are handed in within a month.',
    hash: 'h',
    page: null,
    name: 'travel costs.md',
  };
  const endless = 'Lodging > '.repeat(10_000);
  async function* batches(): AsyncGenerator<Page[]> {
    yield [
      {
        ...page('file'),
        chunks: [chunk, { ...chunk, ordinal: 2 }].map((one, at) => ({
          ...one,
          heading: at === 0 ? 'Hotels > Abroad' : endless,
        })),
      },
    ];
  }
  await writer.write(index, batches(), { signal: new AbortController().signal });
  const [first, second] = upsert.mock.calls[0]![1];
  expect(first?.text).toBe('travel costs.md\nHotels > Abroad\nReceipts are handed in within a month.');
  expect(second?.text.length).toBeLessThan(1_100);
});
