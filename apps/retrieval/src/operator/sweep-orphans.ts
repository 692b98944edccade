import type { BlobStore } from '@perennial/blob-store';
import { Database, openDataSource, poolFrom } from '@perennial/persistence';
import type { Placements, Runtime } from '@perennial/runtime';
import type { VectorStores } from '@perennial/vector-store';
import { retrievalMigrations } from '../migrations';
import { OrphanSweep } from '../reconcile/orphan-sweep';
import type { OrphanReport, SweepOptions } from '../reconcile/orphans';
import { ReconcileRepository } from '../reconcile/reconcile.repository';

export interface OrphanSweepOptions {
  databaseUrl: string;
  blobs: BlobStore;
  vectors: VectorStores;
  placements: Placements;
  /** Younger blobs may belong to an upload that has not been registered yet. */
  minAgeMs: number;
  /** Removes what it finds, and collections of no index. */
  remove: boolean;
  onAway: NonNullable<SweepOptions['onAway']>;
}

/** Counts what lies in the stores of documents that nothing refers to. It may run while the service runs. The schema must be migrated. */
export async function sweepOrphans(options: OrphanSweepOptions, runtime: Runtime): Promise<OrphanReport> {
  const { databaseUrl: url, blobs, vectors, placements, minAgeMs, remove, onAway } = options;
  const dataSource = await openDataSource(
    {
      url,
      schema: 'retrieval',
      migrations: retrievalMigrations,
      migrate: false,
      poolSize: 2,
      applicationName: 'orphans',
    },
    runtime.log,
  );
  try {
    const database = new Database(poolFrom(dataSource), runtime.metrics);
    const sweep = new OrphanSweep(new ReconcileRepository(database), vectors, blobs, minAgeMs, placements);
    return await sweep.run({ repair: remove, collections: remove, onAway });
  } finally {
    await dataSource.destroy();
  }
}
