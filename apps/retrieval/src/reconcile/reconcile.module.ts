import { Module } from '@nestjs/common';
import type { BlobStore } from '@perennial/blob-store';
import type { VectorStores } from '@perennial/vector-store';
import { EmbeddingModule } from '../embedding/embedding.module';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { FilesModule } from '../files/files.module';
import { IndexModule } from '../search-index/index.module';
import { SettingsModule } from '../settings/settings.module';
import { BLOB_STORE, VECTOR_STORES } from '../stores/tokens';
import { IndexUpkeep } from './index-upkeep';
import { OrphanSweep } from './orphan-sweep';
import { ReconcileRepository } from './reconcile.repository';
import { Reconciler } from './reconciler';

/** Clean-up of orphans. */
@Module({
  imports: [EmbeddingModule, FilesModule, IndexModule, SettingsModule],
  providers: [
    ReconcileRepository,
    IndexUpkeep,
    Reconciler,
    {
      provide: OrphanSweep,
      inject: [ReconcileRepository, VECTOR_STORES, BLOB_STORE, RETRIEVAL_ENV],
      useFactory: (repository: ReconcileRepository, vectors: VectorStores, blobs: BlobStore, env: RetrievalEnv) =>
        new OrphanSweep(repository, vectors, blobs, env.ORPHAN_AGE_SECONDS * 1_000, env.PLACEMENTS),
    },
  ],
})
export class ReconcileModule {}
