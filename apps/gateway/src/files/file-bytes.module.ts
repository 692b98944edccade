import { Module, type DynamicModule } from '@nestjs/common';
import { createBlobStore, type BlobStore } from '@perennial/blob-store';
import { Runtime } from '@perennial/runtime';
import { GATEWAY_ENV, type GatewayEnv } from '../env';
import { BLOB_STORE } from './blob-store';
import { ContentController } from './content.controller';
import { ContentService } from './content.service';
import { UploadController } from './upload.controller';
import { UploadService } from './upload.service';

/** The bytes of files, in and out. The store is asked only by these routes: without it everything else goes on, and readiness does not ask it. */
@Module({})
export class FileBytesModule {
  static forRoot(env: GatewayEnv): DynamicModule {
    return {
      module: FileBytesModule,
      controllers: [UploadController, ContentController],
      exports: [BLOB_STORE],
      providers: [
        { provide: GATEWAY_ENV, useValue: env },
        { provide: BLOB_STORE, inject: [Runtime], useFactory: (runtime: Runtime) => openStore(env, runtime) },
        UploadService,
        ContentService,
      ],
    };
  }
}

async function openStore(env: GatewayEnv, runtime: Runtime): Promise<BlobStore> {
  const store = await createBlobStore(env);
  runtime.drain.add('close', 'close the file store', () => store.close());
  return store;
}
