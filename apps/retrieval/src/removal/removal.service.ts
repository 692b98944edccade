import { Inject, Injectable } from '@nestjs/common';
import type { BlobStore } from '@perennial/blob-store';
import { assertNever } from '@perennial/contracts-kernel';
import { toBlobKey } from '@perennial/contracts-retrieval';
import { type Counter, type Logger, Runtime } from '@perennial/runtime';
import { type DeleteFilter, VectorStoreError, VectorStores } from '@perennial/vector-store';
import { FileMoves } from '../files/file-moves.repository';
import { IngestionQueue } from '../files/ingestion-queue';
import { FileProgress } from '../files/progress.service';
import { IndexCatalog } from '../search-index/index-catalog';
import { BLOB_STORE, VECTOR_STORES } from '../stores/tokens';
import { type Removal, RemovalsRepository } from './removals.repository';

const SWEEP_MS = 1_000;
/** Removals that one process leases at once; one filter removes the points of all files among them. */
const BATCH = 100;
const MAX_WAIT_S = 30;
/** Consecutive failures after which a batch is given up. */
const STORE_IS_AWAY = 3;

type FileRemoval = Extract<Removal, { kind: 'file' }>;

/**
 * Removes deleted data from the stores. Postgres first marks it as deleted, which hides it from searches; its data is removed here, by any
 * process, with retries until everything is gone.
 */
@Injectable()
export class RemovalService {
  private readonly log: Logger;
  private readonly failures: Counter<'kind'>;

  constructor(
    private readonly repository: RemovalsRepository,
    private readonly catalog: IndexCatalog,
    private readonly queue: IngestionQueue,
    private readonly progress: FileProgress,
    private readonly moves: FileMoves,
    @Inject(VECTOR_STORES) private readonly stores: VectorStores,
    @Inject(BLOB_STORE) private readonly blobs: BlobStore,
    @Inject(Runtime) private readonly runtime: Runtime,
  ) {
    this.log = runtime.logger('removal');
    this.failures = runtime.metrics.counter('removal_failures_total', 'Removals that have to be tried again', ['kind']);
  }

  start(): void {
    this.runtime.every(SWEEP_MS, (signal) => this.sweep(signal), { name: 'remove deleted files', jitter: 0.3 });
  }

  private async sweep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const removals = await this.repository.lease(BATCH);
      if (removals.length === 0) return;
      // Those of each store on their own: one that is away delays no other.
      const residences = [...new Set(removals.map(({ residence }) => residence))];
      const removed = await Promise.all(
        residences.map((residence) => {
          const there = removals.filter((removal) => removal.residence === residence);
          return this.removeFrom(residence, there, signal);
        }),
      );
      // Pauses after a failure: returned removals would be leased again at once.
      if (removed.flat().length < removals.length) return;
    }
  }

  /** @returns the completed removals, which are off the list */
  private async removeFrom(
    residence: string | null,
    removals: readonly Removal[],
    signal: AbortSignal,
  ): Promise<readonly Removal[]> {
    const files = removals.filter((removal) => removal.kind === 'file');
    const others = removals.filter((removal) => removal.kind !== 'file');
    const ofFiles = await this.removeFiles(files, residence, signal);
    const removed = [...ofFiles, ...(await this.each(others, (removal) => this.remove(removal), signal))];
    await this.repository.done(removed.map(({ id }) => id));
    // Moves back into these scopes have waited for it.
    const scopes = removed.flatMap((one) => (one.kind === 'placement' || one.kind === 'scope' ? [one.scope] : []));
    if (scopes.length > 0) await this.moves.settleInto([...new Set(scopes)]);
    return removed;
  }

  /** @returns the completed removals */
  private async removeFiles(
    files: readonly FileRemoval[],
    residence: string | null,
    signal: AbortSignal,
  ): Promise<readonly FileRemoval[]> {
    const idsOf = (some: readonly FileRemoval[]) => some.map(({ fileId }) => fileId);
    if (!(await this.attempt(files, () => this.removePoints({ fileIds: idsOf(files) }, residence)))) return [];
    const bare = await this.each(files, ({ fileId }) => this.removeBlobs(fileId, residence), signal);
    return (await this.attempt(bare, () => this.repository.deleteFiles(idsOf(bare)))) ? bare : [];
  }

  /**
   * One at a time: a failed removal is retried later and blocks no other. Several consecutive failures probably mean that the store is away:
   * then the rest is returned.
   *
   * @returns the completed removals
   */
  private async each<R extends Removal>(
    removals: readonly R[],
    work: (removal: R) => Promise<void>,
    signal: AbortSignal,
  ): Promise<R[]> {
    const removed: R[] = [];
    let inARow = 0;
    for (const [n, removal] of removals.entries()) {
      if (signal.aborted || inARow === STORE_IS_AWAY) {
        await this.repository.giveBack(removals.slice(n).map(({ id }) => id));
        break;
      }
      const ok = await this.attempt([removal], () => work(removal));
      if (ok) removed.push(removal);
      inARow = ok ? 0 : inARow + 1;
    }
    return removed;
  }

  /** False: they are due again, with back-off. */
  private async attempt(removals: readonly Removal[], work: () => Promise<void>): Promise<boolean> {
    const [first] = removals;
    if (!first) return true;
    try {
      await work();
      return true;
    } catch (error) {
      const { tries, ...what } = first;
      this.failures.inc({ kind: what.kind }, removals.length);
      this.log.warn({ err: error, removals: removals.length, tries, first: what }, 'removal failed, will be retried');
      const ids = removals.map((removal) => removal.id);
      await this.repository.postpone(ids, Math.min(2 ** Math.min(tries, 10), MAX_WAIT_S));
      return false;
    }
  }

  private async removeBlobs(fileId: string, residence: string | null): Promise<void> {
    for await (const { key } of this.blobs.list(toBlobKey(fileId, '', residence))) await this.blobs.delete(key);
  }

  private async remove(removal: Exclude<Removal, FileRemoval>): Promise<void> {
    const { residence } = removal;
    switch (removal.kind) {
      case 'scope':
        await this.removePoints({ scopes: [removal.scope] }, residence);
        await this.repository.deleteBase(removal.scope);
        return this.placeAgain(removal.scope);
      case 'placement':
        await this.removePoints({ scopes: [removal.scope], fileIds: [removal.fileId] }, residence);
        return this.placeAgain(removal.scope, removal.fileId);
      case 'generations':
        await this.removePoints({ fileIds: [removal.fileId], generationBelow: removal.below }, residence);
        return this.repository.deleteChunks(removal.fileId, removal.below);
      case 'blob':
        return this.blobs.delete(removal.blobKey);
      default:
        return assertNever(removal);
    }
  }

  private async placeAgain(scope: string, fileId?: string): Promise<void> {
    const rows = await this.repository.placeAgain(scope, fileId);
    this.queue.enqueue(rows.map(({ id, epoch, rank }) => ({ fileId: id, epoch, rank })));
    this.progress.changed(...rows);
  }

  /**
   * From every index, including inactive ones: one may be gone from the store before it is gone from the list. A retired one is dropped as a
   * whole, also where its store is away now.
   */
  private async removePoints(filter: DeleteFilter, residence: string | null): Promise<void> {
    for (const { collection, store, state } of await this.catalog.all()) {
      try {
        await this.stores.at(residence, store).delete(collection, filter);
      } catch (error) {
        const isGone = error instanceof VectorStoreError && (error.code === 'NOT_FOUND' || state === 'retired');
        if (!isGone) throw error;
      }
    }
  }
}
