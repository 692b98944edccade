import { type VectorStore, VectorStoreError, VectorStores } from '@perennial/vector-store';
import { expect, it, vi } from 'vitest';
import type { EmbeddingConfig } from '../embedding/embedding-config';
import type { EmbeddingGateway } from '../embedding/embedding-gateway';
import type { ChunksRepository } from '../search-index/chunks.repository';
import type { IndexCatalog, VectorIndex } from '../search-index/index-catalog';
import type { IndexRegistry } from '../search-index/index-registry';
import type { IndexWriter, Page } from '../search-index/index-writer';
import { StoredVectors } from '../search-index/stored-vectors';
import type { ClaimedFile } from './claimed-file';
import { toIngestionFault } from './faults';
import { IndexStep } from './index-step';
import type { IngestionRepository } from './ingestion.repository';

const file = { id: 'f', generation: 1, liveGeneration: 1, residence: null } as unknown as ClaimedFile;
const chunk = { ordinal: 0, text: 'a', hash: 'h', page: null, heading: null, name: 'notes.txt' };
const page: Page = { fileId: 'f', generation: 1, scopes: ['b'], residence: null, chunks: [chunk] };

/** Real: the step, the reading of stored vectors, the faults. Not real: the store `away`, which does not answer, the rows, the writer. */
function stepOver(...indexes: readonly { id: string; state: string; store: string }[]) {
  const answering = { vectors: async () => new Map() } as unknown as VectorStore;
  const away = {
    vectors: () => Promise.reject(new VectorStoreError('UNAVAILABLE', 'It does not answer.')),
  } as unknown as VectorStore;
  const stores = new VectorStores({
    named: new Map([
      ['default', answering],
      ['away', away],
    ]),
    placed: new Map(),
  });
  const recordIndexed = vi.fn(() => Promise.resolve());
  const repository = {
    missingPlaces: async () => [{ scope: 'b', placedAt: 'now' }],
    indexedScope: async () => 'a',
    recordIndexed,
  } as unknown as IngestionRepository;
  const writer = {
    write: (_: VectorIndex, __: unknown, { known }: Parameters<IndexWriter['write']>[2]) =>
      known?.({} as EmbeddingConfig, [page]),
  } as unknown as IndexWriter;
  const step = new IndexStep(
    repository,
    { writable: async () => indexes } as unknown as IndexRegistry,
    {} as IndexCatalog,
    {} as ChunksRepository,
    writer,
    new StoredVectors({ vectors: async () => new Map() } as unknown as EmbeddingGateway, stores),
  );
  return { run: () => step.run(file, new AbortController().signal, () => undefined), recordIndexed };
}

it('a file that moves does not wait for the store of an index that is not the active one', async () => {
  const { run, recordIndexed } = stepOver(
    { id: 'former', state: 'building', store: 'away' },
    { id: 'present', state: 'active', store: 'default' },
  );
  await run();
  expect(recordIndexed.mock.calls).toEqual([[file, 'present', [{ scope: 'b', placedAt: 'now' }]]]);
});

it('a file that moves waits for the store of the active index, and says so', async () => {
  const { run, recordIndexed } = stepOver({ id: 'present', state: 'active', store: 'away' });
  const error: unknown = await run().catch((reason: unknown) => reason);
  expect(toIngestionFault(error)).toMatchObject({
    kind: 'wait',
    reason: { message: expect.stringContaining('The vector store') as string },
  });
  expect(recordIndexed).not.toHaveBeenCalled();
});
