import {
  type BlobStoreConfig,
  blobStoreEnv,
  createBlobStore,
  type PlacedBlobStore,
  type StoreChoice,
} from '@perennial/blob-store';
import { blobStores } from '@perennial/contracts-retrieval';
import { databaseEnv } from '@perennial/runtime';
import { z } from 'zod';
import type { Caller } from '../calls';
import { directEnvironment, environment } from '../environment';
import { withPostgres } from '../postgres';
import { assertMigrated } from '../services';
import { StoreRow } from './store-row';

const databaseUrlEnv = z.object({ DATABASE_URL: databaseEnv.DATABASE_URL });

/**
 * The store of files as the services use it now. Only the database knows which one that is, once there are several.
 *
 * @param DATABASE_URL where the command needs the database anyway
 * @throws BlobStoreDeniedError when files are in a store that is not declared here
 */
export async function openBlobs(env: BlobStoreConfig & { DATABASE_URL?: string }): Promise<PlacedBlobStore> {
  const store = await createBlobStore(env);
  const url =
    env.DATABASE_URL ?? (env.BLOB_STORES.size > 0 ? directEnvironment(databaseUrlEnv).DATABASE_URL : undefined);
  if (url === undefined) return store;
  return following(store, async () => {
    await assertMigrated(url, ['retrieval']);
    return withPostgres(url, (client) => new StoreRow(client).read());
  });
}

/** The same for a command that makes calls and does not need the database. */
export async function openBlobsByCall(call: Caller): Promise<PlacedBlobStore> {
  const store = await createBlobStore(environment(z.object(blobStoreEnv)));
  return following(store, () => call(blobStores.current, {}));
}

async function following(store: PlacedBlobStore, read: () => Promise<StoreChoice>): Promise<PlacedBlobStore> {
  try {
    await store.own.use(await read());
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}
