import { Module } from '@nestjs/common';
import { type BlobStore, createBlobStore, followStoreChoice } from '@perennial/blob-store';
import { BLOB_STORES_CHANGED, blobStores } from '@perennial/contracts-retrieval';
import { Runtime } from '@perennial/runtime';
import { Notices, Rpc } from '@perennial/transport';
import { GATEWAY_ENV, type GatewayEnv } from '../../env';
import { GATEWAY_PRINCIPAL as principal } from '../../sessions/gateway-principal';
import { BLOB_STORE } from './blob-store';
import { ContentController } from './content.controller';
import { ContentService } from './content.service';
import { FileStatusController } from './file-status.controller';
import { FileTextController } from './file-text.controller';
import { FileWatch } from './file-watch';
import { FilesRoutes } from './files.routes';
import { TextFiles } from './text-files';
import { UploadController } from './upload.controller';
import { UploadService } from './upload.service';

/** Only routes of bytes and texts need the store: the rest works without it, so readiness does not check it. */
@Module({
  controllers: [FilesRoutes, FileTextController, FileStatusController, UploadController, ContentController],
  providers: [
    { provide: BLOB_STORE, inject: [GATEWAY_ENV, Runtime, Rpc, Notices], useFactory: openStore },
    UploadService,
    ContentService,
    TextFiles,
    FileWatch,
  ],
  exports: [BLOB_STORE, TextFiles, FileWatch],
})
export class FilesModule {}

async function openStore(env: GatewayEnv, runtime: Runtime, rpc: Rpc, notices: Notices): Promise<BlobStore> {
  const store = await createBlobStore(env);
  const ask = (signal: AbortSignal) => rpc.call(blobStores.current, {}, { principal, signal });
  void notices.subscribe(BLOB_STORES_CHANGED, followStoreChoice(store.own, runtime, ask));
  runtime.drain.add('close', 'close the file store', () => store.close());
  return store;
}
