import { EMBEDDING_KEY } from '../settings/key-seal';
import { SETTINGS_SERVERS } from '../settings/settings';

export { retrievalEnv as env } from '../env';
export { retrievalMigrations as migrations } from '../migrations';
export { BlobMigration, CHANGED_MEANWHILE, type MigrationRow, underWay } from '../blob-move/blob-migration';
export { BlobMirror, type MirrorPass } from '../blob-move/blob-mirror';
export { BlobMoveError } from '../blob-move/blob-move-error';
export { blobStoresRow, type BlobStoresRow } from '../blob-move/blob-stores-row';
export { FleetGate, storeFaults } from '../blob-move/fleet-gate';
export { inOwnStore } from '../blob-move/own-store';
export { probe } from '../blob-move/probe';
export { Throttle } from '../blob-move/throttle';
export { sweepOrphans } from './sweep-orphans';

const SERVERS = ['openai', 'ollama'];

/** The stored keys of servers of embeddings, reranks, transcriptions and descriptions, and tokens of repositories: where they are, and what they are encrypted for. */
export const storedSecrets = {
  purpose: EMBEDDING_KEY,
  columns: [
    ...SETTINGS_SERVERS.map(({ sealed }) => ({
      table: 'retrieval.settings',
      column: 'data',
      path: ['retrieval', sealed],
    })),
    { table: 'retrieval.knowledge_sources', column: 'sealed_token' },
    ...SERVERS.flatMap((server) => [
      { table: 'retrieval.settings', column: 'data', path: ['embedding', server, 'sealedKey'] },
      { table: 'retrieval.indexes', column: 'embedding', path: [server, 'sealedKey'], rows: `state <> 'retired'` },
      { table: 'retrieval.index_builds', column: 'embedding', path: [server, 'sealedKey'] },
    ]),
  ],
  announce: 'UPDATE retrieval.settings SET version = version + 1',
};

/** The keys of the blobs that rows refer to. */
export const blobKeys = 'SELECT blob_key FROM retrieval.files WHERE deleted_at IS NULL';

/** The name of the vector store in which documents are searched; no row before the first document. */
export const activeVectorStore = `SELECT store FROM retrieval.indexes WHERE state = 'active'`;

/**
 * Ends a restore: the vector store and the machine that has it may be other ones, so that workers write all points again, from the texts and
 * vectors in the database.
 */
export const afterRestore = [
  'DELETE FROM retrieval.indexed',
  'DELETE FROM retrieval.embedded_store',
  'DELETE FROM retrieval.blob_moves',
  // The files were restored into the store of the environment.
  `UPDATE retrieval.blob_stores SET version = version + 1, phase = 'settled', active = 'default', other = NULL, progress = NULL`,
];
