import { type BlobStoreConfig, blobStorePrints } from '@perennial/blob-store';
import { activeVectorStore, underWay } from '@perennial/retrieval/operator';
import { vectorStorePrints } from '@perennial/vector-store';
import type { Client } from 'pg';
import { StoreRow } from '../blobs/store-row';
import { withPostgres } from '../postgres';
import { failed, type Finding, ok, warning } from './finding';

interface Declared {
  blobs: BlobStoreConfig | undefined;
  vectors: Parameters<typeof vectorStorePrints>[0] | undefined;
}

/** Whether the stores in which the rows of retrieval say that files and vectors are, are declared here, and whether a move of files was left half way. */
export function checkMoves(url: string, { blobs, vectors }: Declared): Promise<Finding[]> {
  return withPostgres(url, async (client) => [
    ...(blobs ? await filesFinding(client, Object.keys(blobStorePrints(blobs))) : []),
    ...(vectors ? await vectorsFinding(client, Object.keys(vectorStorePrints(vectors))) : []),
  ]);
}

async function filesFinding(client: Client, declared: readonly string[]): Promise<Finding[]> {
  const check = 'move of files';
  const row = new StoreRow(client);
  const now = await row.read();
  const missing = [now.active, now.other].find((name) => name !== null && !declared.includes(name));
  if (missing)
    return [
      failed(
        check,
        `files are in the store "${missing}", which is not declared here`,
        `Declare "${missing}" in BLOB_STORES, here and for every gateway, chat and retrieval.`,
      ),
    ];
  if (now.phase === 'settled') return [ok(check, underWay(now))];
  if ((await row.isLocked()) || (await row.isOrdered())) return [ok(check, now.progress ?? underWay(now))];
  return [warning(check, 'a move of files has begun, and no command works on it', underWay(now))];
}

async function vectorsFinding(client: Client, declared: readonly string[]): Promise<Finding[]> {
  const check = 'active vector store';
  const { rows } = await client.query<{ store: string }>(activeVectorStore);
  const store = rows[0]?.store;
  if (store === undefined) return [];
  if (declared.includes(store)) return [ok(check, `documents are found in "${store}"`)];
  return [
    failed(
      check,
      `documents are in the vector store "${store}", which is not declared here`,
      `Declare "${store}" in VECTOR_STORES, or as VECTOR_STORE_NAME, here and for every retrieval.`,
    ),
  ];
}
