import { type DynamicModule, Global, Module } from '@nestjs/common';
import { createBlobStore, followStoreChoice, type PlacedBlobStore, placedBlobStores } from '@perennial/blob-store';
import { BLOB_STORES_CHANGED } from '@perennial/contracts-retrieval';
import { Runtime } from '@perennial/runtime';
import { Notices } from '@perennial/transport';
import { createVectorStores, VectorStores } from '@perennial/vector-store';
import type { RetrievalEnv } from '../env';
import { StoreChoiceRepository } from './store-choice.repository';
import { StoresController } from './stores.controller';
import { BLOB_STORE, VECTOR_STORES } from './tokens';

/**
 * The configured stores, injectable everywhere. An unavailable store neither blocks the start nor makes a process unready: operations that
 * need it fail, the rest works. Readiness reports the stores in its details.
 */
@Global()
@Module({})
export class StoresModule {
  static forRoot(env: RetrievalEnv): DynamicModule {
    return {
      module: StoresModule,
      controllers: [StoresController],
      providers: [
        StoreChoiceRepository,
        {
          provide: BLOB_STORE,
          inject: [Runtime, StoreChoiceRepository, Notices],
          useFactory: async (
            runtime: Runtime,
            choice: StoreChoiceRepository,
            notices: Notices,
          ): Promise<PlacedBlobStore> => {
            const store = await createBlobStore(env);
            const ask = () => choice.current();
            void notices.subscribe(BLOB_STORES_CHANGED, followStoreChoice(store.own, runtime, ask));
            attach('blob store', store, placedBlobStores(store), runtime);
            runtime.drain.add('close', 'close the blob store', () => store.close());
            return store;
          },
        },
        {
          provide: VECTOR_STORES,
          inject: [Runtime],
          useFactory: (runtime: Runtime): VectorStores => {
            const stores = createVectorStores(env);
            const others = [...stores.named].filter(([name]) => name !== stores.ownName);
            const own = stores.at(null, stores.ownName);
            attach('vector store', own, new Map([...others, ...stores.separate]), runtime);
            runtime.drain.add('close', 'close the vector store', () => stores.close());
            return stores;
          },
        },
      ],
      exports: [BLOB_STORE, VECTOR_STORES],
    };
  }
}

interface Checked {
  health(): Promise<void>;
}

/** Reports the store, and the others and those of placements by name, in readiness. */
function attach(name: string, own: Checked, placed: ReadonlyMap<string, Checked>, { readiness }: Runtime): void {
  readiness.register(name, () => own.health(), { required: false });
  for (const [placement, store] of placed)
    readiness.register(`${name} ${placement}`, () => store.health(), { required: false });
}
