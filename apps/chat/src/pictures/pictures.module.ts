import { Module } from '@nestjs/common';
import { type BlobStore, createBlobStore, followStoreChoice } from '@perennial/blob-store';
import type { Principal } from '@perennial/contracts-kernel';
import { BLOB_STORES_CHANGED, blobStores } from '@perennial/contracts-retrieval';
import { Runtime } from '@perennial/runtime';
import { Notices, Rpc } from '@perennial/transport';
import { CHAT_ENV, type ChatEnv } from '../env';
import { UsageModule } from '../usage/usage.module';
import { PictureMemory } from './picture-memory';
import { PictureReader } from './picture-reader';
import { PICTURE_STORE } from './picture-store';
import { PictureSweeper } from './picture-sweeper';
import { PicturesController } from './pictures.controller';
import { PicturesRepository } from './pictures.repository';

const principal: Principal = { kind: 'service', name: 'chat' };

/** Pictures of messages: bytes in the blob store, rows here. Without the store only requests with pictures fail. */
@Module({
  imports: [UsageModule],
  controllers: [PicturesController],
  providers: [
    {
      provide: PICTURE_STORE,
      inject: [CHAT_ENV, Runtime, Rpc, Notices],
      useFactory: async (env: ChatEnv, runtime: Runtime, rpc: Rpc, notices: Notices): Promise<BlobStore> => {
        const store = await createBlobStore(env);
        const ask = (signal: AbortSignal) => rpc.call(blobStores.current, {}, { principal, signal });
        void notices.subscribe(BLOB_STORES_CHANGED, followStoreChoice(store.own, runtime, ask));
        runtime.drain.add('close', 'close the picture store', () => store.close());
        return store;
      },
    },
    {
      provide: PictureMemory,
      inject: [CHAT_ENV, Runtime],
      useFactory: (env: ChatEnv, { metrics }: Runtime): PictureMemory => {
        const memory = new PictureMemory(env.WORKER_PICTURE_BYTES);
        metrics.gauge(
          'picture_bytes_held',
          'Bytes of pictures of the answers that this process is writing',
          [],
          (gauge) => gauge.set(memory.held),
        );
        metrics.gauge('runs_waiting_for_pictures', 'Answers that wait for room for their pictures', [], (gauge) =>
          gauge.set(memory.waiting),
        );
        return memory;
      },
    },
    PicturesRepository,
    PictureReader,
    PictureSweeper,
  ],
  exports: [PictureReader],
})
export class PicturesModule {}
