import pg from 'pg';

/** The part of a saved embedding that identifies its server. */
export interface SavedEmbedding {
  /** Empty: the local embedder. */
  engine: string;
  model: string;
  openai: { url: string };
  /** It is what the settings say; else an index in use was made with it. */
  isSetting: boolean;
}

/**
 * The embeddings of the retrieval service: those of the settings, and of the indexes in use. Empty before its first start.
 */
export async function savedEmbeddings(databaseUrl: string): Promise<SavedEmbedding[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const table = await client.query<{ there: boolean }>(
      `SELECT to_regclass('retrieval.settings') IS NOT NULL AND to_regclass('retrieval.index_builds') IS NOT NULL AS there`,
    );
    if (!table.rows[0]?.there) return [];
    const { rows } = await client.query<{ embedding: Omit<SavedEmbedding, 'isSetting'> | null; isSetting: boolean }>(
      `SELECT data -> 'embedding' AS embedding, true AS "isSetting" FROM retrieval.settings
        UNION ALL SELECT embedding, false FROM retrieval.indexes WHERE state <> 'retired'`,
    );
    // Another version may have written fewer fields.
    return rows.flatMap(({ embedding, isSetting }) =>
      embedding?.engine === undefined ? [] : [{ ...embedding, isSetting }],
    );
  } finally {
    await client.end();
  }
}
