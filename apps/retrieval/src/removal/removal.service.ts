import { Inject, Injectable } from '@nestjs/common';
import type { BlobStore } from '@perennial/blob-store';
import { assertNever } from '@perennial/contracts-kernel';
import { Runtime, type Logger } from '@perennial/runtime';
import { VectorStoreError, type DeleteFilter, type VectorStore } from '@perennial/vector-store';
import { FileProgress } from '../files/progress.service';
import { IndexCatalog } from '../index/index-catalog';
import { IngestionQueue } from '../ingestion/ingestion-queue';
import { BLOB_STORE, VECTOR_STORE } from '../stores/tokens';
import { RemovalsRepository, type Removal } from './removals.repository';

const SWEEP_MS = 1_000;
/** Removals that one process has in hand; the files among them are removed from the vector store by one filter. */
const BATCH = 100;
const MAX_WAIT_S = 30;

/**
 * Removes from the stores what was deleted. Postgres says first that something is gone, which ends its being found; what is left of it
 * is removed here, by any process, again and again until all of it is.
 */
@Injectable()
export class RemovalService {
  readonly #log: Logger;

  constructor(
    private readonly repository: RemovalsRepository,
    private readonly catalog: IndexCatalog,
    private readonly queue: IngestionQueue,
    private readonly progress: FileProgress,
    @Inject(VECTOR_STORE) private readonly vectors: VectorStore,
    @Inject(BLOB_STORE) private readonly blobs: BlobStore,
    @Inject(Runtime) private readonly runtime: Runtime,
  ) {
    this.#log = runtime.logger('removal');
  }

  start(): void {
    this.runtime.every(SWEEP_MS, (signal) => this.#sweep(signal), { name: 'remove what was deleted', jitter: 0.3 });
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const removals = await this.repository.lease(BATCH);
      if (removals.length === 0) return;
      const files = removals.filter((removal) => removal.kind === 'file');
      const ok = await this.#attempt(files, () => this.#removeFiles(files.map((file) => file.fileId)));
      if (!ok) return;
      for (const removal of removals) {
        if (removal.kind !== 'file' && !(await this.#attempt([removal], () => this.#remove(removal)))) return;
      }
    }
  }

  /** False: a store is away, or something is wrong; the rest waits as well. */
  async #attempt(removals: readonly Removal[], work: () => Promise<void>): Promise<boolean> {
    if (removals.length === 0) return true;
    const ids = removals.map((removal) => removal.id);
    try {
      await work();
      await this.repository.done(ids);
      return true;
    } catch (error) {
      const tries = Math.max(...removals.map((removal) => removal.tries));
      this.#log.warn({ err: error, removals: ids.length, tries }, 'what was deleted could not be removed yet');
      await this.repository.postpone(ids, Math.min(2 ** Math.min(tries, 10), MAX_WAIT_S));
      return false;
    }
  }

  async #removeFiles(fileIds: readonly string[]): Promise<void> {
    await this.#removePoints({ fileIds });
    for (const id of fileIds) {
      for await (const { key } of this.blobs.list(`files/${id}/`)) await this.blobs.delete(key);
    }
    await this.repository.deleteFiles(fileIds);
  }

  async #remove(removal: Exclude<Removal, { kind: 'file' }>): Promise<void> {
    switch (removal.kind) {
      case 'scope':
        await this.#removePoints({ scopes: [removal.scope] });
        await this.repository.deleteBase(removal.scope);
        return this.#placeAgain(removal.scope);
      case 'placement':
        await this.#removePoints({ scopes: [removal.scope], fileIds: [removal.fileId] });
        return this.#placeAgain(removal.scope, removal.fileId);
      case 'generations':
        await this.#removePoints({ fileIds: [removal.fileId], generationBelow: removal.below });
        return this.repository.deleteChunks(removal.fileId, removal.below);
      case 'blob':
        return this.blobs.delete(removal.blobKey);
      default:
        return assertNever(removal);
    }
  }

  async #placeAgain(scope: string, fileId?: string): Promise<void> {
    const rows = await this.repository.placeAgain(scope, fileId);
    this.queue.enqueue(rows.map(({ id, epoch, rank }) => ({ fileId: id, epoch, rank })));
    this.progress.changed(...rows);
  }

  /** From every index, also from those that answer no longer: one may be gone from the store before it is gone from the list. */
  async #removePoints(filter: DeleteFilter): Promise<void> {
    for (const { collection } of await this.catalog.all()) {
      try {
        await this.vectors.delete(collection, filter);
      } catch (error) {
        if (!(error instanceof VectorStoreError) || error.code !== 'NOT_FOUND') throw error;
      }
    }
  }
}
