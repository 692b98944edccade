import { defineMigration } from '@perennial/persistence';

/** Finds a document of a source by the version of its content. */
export const LeftOutDocuments = defineMigration('LeftOutDocuments1764860000001', {
  up: `CREATE INDEX CONCURRENTLY IF NOT EXISTS source_documents_of_etag ON source_documents (source_id, etag)
        WHERE state = 'stored' AND etag IS NOT NULL`,
  transaction: false,
});
