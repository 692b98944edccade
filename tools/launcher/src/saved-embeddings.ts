import pg from 'pg';

/** The part of a saved embedding that tells which server it needs. */
export interface SavedEmbedding {
  /** Empty: the local embedder. */
  engine: string;
  model: string;
  openai: { url: string };
}

/**
 * What the retrieval service embeds with: as the settings say, and as the indexes that still answer were made with. Empty
 * before its first start.
 */
export async function savedEmbeddings(databaseUrl: string): Promise<SavedEmbedding[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const table = await client.query<{ there: boolean }>(
      `SELECT to_regclass('retrieval.settings') IS NOT NULL AND to_regclass('retrieval.index_builds') IS NOT NULL AS there`,
    );
    if (!table.rows[0]?.there) return [];
    const { rows } = await client.query<{ embedding: SavedEmbedding | null }>(
      `SELECT data -> 'embedding' AS embedding FROM retrieval.settings
        UNION ALL SELECT embedding FROM retrieval.indexes WHERE state <> 'retired'`,
    );
    // What another version has written may hold less.
    return rows.flatMap(({ embedding }) => (embedding?.engine === undefined ? [] : [embedding]));
  } finally {
    await client.end();
  }
}
