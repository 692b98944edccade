import { type BlobStore, BlobStoreError } from '@perennial/blob-store';
import { placedKey } from '@perennial/contracts-kernel';
import type { Placements } from '@perennial/runtime';
import { type PointRef, type VectorStore, VectorStoreError, type VectorStores } from '@perennial/vector-store';
import type { OrphanReport, PointGroup, SweepOptions } from './orphans';
import type { ReconcileRepository } from './reconcile.repository';
import { RowSweep } from './row-sweep';

const BLOBS = 500;
const POINTS = 5_000;
/** Age of leftovers of uploads in killed processes; longer than any upload takes. */
const UNFINISHED_MS = 24 * 60 * 60 * 1_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Compares everything that is stored with Postgres. Safe to run concurrently; idempotent. */
export class OrphanSweep {
  constructor(
    private readonly repository: ReconcileRepository,
    private readonly vectors: VectorStores,
    private readonly blobs: BlobStore,
    private readonly orphanAgeMs: number,
    private readonly placements: Placements,
  ) {}

  /** @throws BlobStoreError, VectorStoreError of a store that is away, without `onAway`; the next sweep starts again */
  async run(options: SweepOptions): Promise<OrphanReport> {
    // Rows first: their removal then also removes their bytes and points.
    const rows = await new RowSweep(this.repository).run(options);
    const report = { ...rows, blobs: 0, points: 0, collections: 0 };
    for (const placement of [undefined, ...this.placements.keys()])
      await unlessAway(`blob store ${placement ?? ''}`.trim(), options, async () => {
        report.blobs += await this.sweepBlobs(placement, options);
      });
    if (options.repair)
      await unlessAway('unfinished uploads', options, async () => {
        await this.blobs.removeUnfinished(Math.max(this.orphanAgeMs, UNFINISHED_MS));
      });
    for (const { name, store, holds } of this.vectorStores())
      await unlessAway(`vector store ${name}`.trim(), options, async () => {
        const { points, collections } = await this.collections(store, holds, options);
        report.points += points;
        report.collections += collections;
      });
    return report;
  }

  /** All vector stores, each with the indexes that it has collections of. */
  private vectorStores(): { name: string; store: VectorStore; holds: (index: { store: string }) => boolean }[] {
    const { named, ownName, separate } = this.vectors;
    return [
      ...[...named].map(([name, store]) => ({
        name: name === ownName ? '' : name,
        store,
        holds: (index: { store: string }) => index.store === name,
      })),
      // An index has its points of people with such a placement there, wherever it has the others.
      ...[...separate].map(([name, store]) => ({ name, store, holds: () => true })),
    ];
  }

  private async sweepBlobs(placement: string | undefined, { repair, signal }: SweepOptions): Promise<number> {
    let found = 0;
    let keys: string[] = [];
    const look = async (): Promise<void> => {
      const unknown = keys.length === 0 ? [] : await this.repository.unknownBlobs(keys);
      keys = [];
      found += unknown.length;
      if (repair) for (const key of unknown) await this.blobs.delete(key);
    };
    for await (const { key, ageMs } of this.blobs.list(placedKey(placement, 'files/'), { signal })) {
      if (ageMs < this.orphanAgeMs) continue;
      if (keys.push(key) >= BLOBS) await look();
    }
    await look();
    return found;
  }

  private async collections(
    store: VectorStore,
    holds: (index: { store: string }) => boolean,
    options: SweepOptions,
  ): Promise<{ points: number; collections: number }> {
    const known = async () => (await this.repository.collections()).filter(holds);
    const indexes = new Map((await known()).map((index) => [index.collection, index]));
    let points = 0;
    let collections = 0;
    for (const { name } of await store.listCollections({ signal: options.signal })) {
      const index = indexes.get(name);
      if (!index) {
        // Read again: an index may have been added between the two lists.
        if ((await known()).some(({ collection }) => collection === name)) continue;
        collections += 1;
        if (options.repair && options.collections === true) await store.dropCollection(name);
      } else if (index.isKept) {
        points += await this.points(store, index.id, name, options);
      }
    }
    return { points, collections };
  }

  private async points(
    store: VectorStore,
    indexId: string,
    collection: string,
    { repair, signal }: SweepOptions,
  ): Promise<number> {
    let found = 0;
    let cursor: string | undefined;
    try {
      do {
        const page = await store.scroll(collection, { cursor, limit: POINTS }, { signal });
        const groups = groupsOf(page.points);
        const stray = await this.stray([...groups.values()].map(({ group }) => group));
        for (const group of stray) found += groups.get(keyOf(group))?.points ?? 0;
        if (repair && stray.length > 0) await this.remove(store, indexId, collection, stray);
        cursor = page.cursor;
      } while (cursor !== undefined);
    } catch (error) {
      // Dropped during the scan.
      if (!(error instanceof VectorStoreError && error.code === 'NOT_FOUND')) throw error;
    }
    return found;
  }

  private async stray(groups: readonly PointGroup[]): Promise<PointGroup[]> {
    const ours = groups.filter(({ scope, fileId }) => UUID.test(scope) && UUID.test(fileId));
    const nobodys = groups.filter((group) => !ours.includes(group));
    return [...nobodys, ...(ours.length === 0 ? [] : await this.repository.strayGroups(ours))];
  }

  private async remove(
    store: VectorStore,
    indexId: string,
    collection: string,
    groups: readonly PointGroup[],
  ): Promise<void> {
    for (const { scope, fileId, generation } of groups)
      await store.delete(collection, { scopes: [scope], fileIds: [fileId], generation });
    // A group that was placed again since may have lost valid points.
    const ours = groups.filter(({ scope, fileId }) => UUID.test(scope) && UUID.test(fileId));
    if (ours.length > 0) await this.repository.unrecord(indexId, ours);
  }
}

/** A store that is away holds up nothing of the other stores. */
async function unlessAway(store: string, { onAway }: SweepOptions, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!onAway || !(error instanceof BlobStoreError || error instanceof VectorStoreError)) throw error;
    onAway(store, error);
  }
}

function groupsOf(points: readonly PointRef[]): Map<string, { group: PointGroup; points: number }> {
  const groups = new Map<string, { group: PointGroup; points: number }>();
  for (const { scope, fileId, generation } of points) {
    const group = { scope, fileId, generation };
    const known = groups.get(keyOf(group));
    if (known) known.points += 1;
    else groups.set(keyOf(group), { group, points: 1 });
  }
  return groups;
}

function keyOf({ scope, fileId, generation }: PointGroup): string {
  return `${scope} ${fileId} ${generation}`;
}
