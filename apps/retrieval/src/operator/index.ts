import { KeySeal } from '../settings/key-seal';

export { retrievalEnv as env } from '../env';
export { retrievalMigrations as migrations } from '../migrations';
export { sweepOrphans } from './sweep-orphans';

/** The stored keys of embedding servers: where they are, and how they are encrypted. */
export const sealedKeys = {
  query: `SELECT value FROM (
      SELECT DISTINCT jsonb_path_query(embedding, 'lax $.*.sealedKey') #>> '{}' AS value FROM (
        SELECT embedding FROM retrieval.indexes WHERE state <> 'retired'
        UNION ALL SELECT embedding FROM retrieval.index_builds
        UNION ALL SELECT data->'embedding' FROM retrieval.settings) stored) keys
    WHERE value IS NOT NULL`,
  cipher: (secretKey: string) => new KeySeal(secretKey),
};

/** The keys of the blobs that rows refer to. */
export const blobKeys = 'SELECT blob_key FROM retrieval.files WHERE deleted_at IS NULL';

/**
 * Ends a restore: the vector store and the machine that has it may be other ones, so that workers write all points again, from the texts and
 * vectors in the database.
 */
export const afterRestore = ['DELETE FROM retrieval.indexed', 'DELETE FROM retrieval.embedded_store'];
