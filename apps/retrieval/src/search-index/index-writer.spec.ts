import { ConcurrencyLimiter } from '@perennial/runtime';
import type { VectorStores } from '@perennial/vector-store';
import { expect, it, vi } from 'vitest';
import { EmbeddingError } from '../embedding/embedding-error';
import type { EmbeddingGateway } from '../embedding/embedding-gateway';
import type { KeySeal } from '../settings/key-seal';
import type { StoredChunk } from './chunks.repository';
import type { VectorIndex } from './index-catalog';
import type { IndexRegistry } from './index-registry';
import { IndexWriter, type Page } from './index-writer';

const page = (fileId: string): Page => ({
  ...{ fileId, generation: 1, scopes: ['scope'], residence: null },
  chunks: [{ ordinal: 0, text: fileId, hash: fileId, page: null }],
});

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
  const server = { url: '', sealedKey: null };
  const index = {
    collection: 'c',
    dimension: 2,
    embedding: { openai: server, ollama: server },
  } as unknown as VectorIndex;
  const writer = new IndexWriter(
    embeddings,
    { open: () => '' } as unknown as KeySeal,
    {} as IndexRegistry,
    {} as VectorStores,
    { PLACEMENTS: new Map() },
  );
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
