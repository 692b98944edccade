import {
  type BlobStoreConfig,
  blobStoreEnv,
  createBlobStore,
  type PlacedBlobStore,
  type StoreChoice,
} from '@perennial/blob-store';
import { blobStores } from '@perennial/contracts-retrieval';
import { z } from 'zod';
import type { Caller } from '../calls';
import { environment } from '../environment';
import { CommandError } from '../failure';
import { withPostgres } from '../postgres';
import { assertMigrated } from '../services';
import { StoreRow } from './store-row';

/** Where there is no database, there is one store of files only. */
export type OpenConfig = BlobStoreConfig & { DATABASE_URL?: string };

/**
 * The store of files as the services use it now. Only the database knows which one that is, once there are several.
 *
 * @throws BlobStoreDeniedError when files are in a store that is not declared here
 */
export async function openBlobs(env: OpenConfig): Promise<PlacedBlobStore> {
  const store = await createBlobStore(env);
  return following(store, () => storeChoice(env));
}

/** Which store the services use now; undefined where there is no database to ask. */
export async function storeChoice({ DATABASE_URL: url, BLOB_STORES }: OpenConfig): Promise<StoreChoice | undefined> {
  if (url === undefined && BLOB_STORES.size > 0)
    throw new CommandError('Set DATABASE_URL: with BLOB_STORES only the database knows which store has the files.');
  if (url === undefined) return undefined;
  await assertMigrated(url, ['retrieval']);
  return withPostgres(url, (client) => new StoreRow(client).read());
}

/** The same for a command that makes calls and does not need the database. */
export async function openBlobsByCall(call: Caller): Promise<PlacedBlobStore> {
  const store = await createBlobStore(environment(z.object(blobStoreEnv)));
  return following(store, () => call(blobStores.current, {}));
}

async function following(
  store: PlacedBlobStore,
  read: () => Promise<StoreChoice | undefined>,
): Promise<PlacedBlobStore> {
  try {
    const choice = await read();
    if (choice) await store.own.use(choice);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}
