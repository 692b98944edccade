import { Module } from '@nestjs/common';
import { type BlobStore, createBlobStore } from '@perennial/blob-store';
import { Runtime } from '@perennial/runtime';
import { CHAT_ENV, type ChatEnv } from '../env';
import { UsageModule } from '../usage/usage.module';
import { PictureMemory } from './picture-memory';
import { PictureReader } from './picture-reader';
import { PICTURE_STORE } from './picture-store';
import { PictureSweeper } from './picture-sweeper';
import { PicturesController } from './pictures.controller';
import { PicturesRepository } from './pictures.repository';

/** Pictures of messages: bytes in the blob store, rows here. Without the store only requests with pictures fail. */
@Module({
  imports: [UsageModule],
  controllers: [PicturesController],
  providers: [
    {
      provide: PICTURE_STORE,
      inject: [CHAT_ENV, Runtime],
      useFactory: async (env: ChatEnv, runtime: Runtime): Promise<BlobStore> => {
        const store = await createBlobStore(env);
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
