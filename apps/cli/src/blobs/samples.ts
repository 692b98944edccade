import { blobKeys as pictureKeys } from '@perennial/chat/operator';
import { blobKeys as fileKeys } from '@perennial/retrieval/operator';
import type { Client } from 'pg';

/** Keys of blobs that rows refer to, by chance. */
export async function sampleKeys(client: Client, count: number): Promise<string[]> {
  const { rows } = await client.query<{ key: string }>(
    `SELECT k.blob_key AS key FROM (${fileKeys} UNION ALL ${pictureKeys}) k ORDER BY random() LIMIT $1`,
    [count],
  );
  return rows.map(({ key }) => key);
}

/** How many blobs rows refer to. */
export async function countKeys(client: Client): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::float8 AS count FROM (${fileKeys} UNION ALL ${pictureKeys}) k`,
  );
  return rows[0]!.count;
}
