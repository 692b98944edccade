import { type DynamicModule, Global, Module } from '@nestjs/common';
import { type BlobStore, createBlobStore } from '@perennial/blob-store';
import { Runtime } from '@perennial/runtime';
import { createVectorStore, type VectorStore } from '@perennial/vector-store';
import type { RetrievalEnv } from '../env';
import { BLOB_STORE, VECTOR_STORE } from './tokens';

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
      providers: [
        {
          provide: BLOB_STORE,
          inject: [Runtime],
          useFactory: async (runtime: Runtime): Promise<BlobStore> =>
            attach('blob store', await createBlobStore(env), runtime),
        },
        {
          provide: VECTOR_STORE,
          inject: [Runtime],
          useFactory: (runtime: Runtime): VectorStore => attach('vector store', createVectorStore(env), runtime),
        },
      ],
      exports: [BLOB_STORE, VECTOR_STORE],
    };
  }
}

/** Reported in readiness, and closed with the application, when nothing uses it any more. */
function attach<Store extends { health(): Promise<void>; close(): Promise<void> }>(
  name: string,
  store: Store,
  runtime: Runtime,
): Store {
  runtime.readiness.register(name, () => store.health(), { required: false });
  runtime.drain.add('close', `close the ${name}`, () => store.close());
  return store;
}
