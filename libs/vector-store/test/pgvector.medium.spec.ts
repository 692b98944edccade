import { missingServer, pgvectorFiles, startPostgres } from '@perennial/testing';
import { subjectOf } from './subject';
import { testStore } from './suite';

testStore(
  'pgvector',
  async () => {
    const server = await startPostgres({ pgvector: await pgvectorFiles() });
    return subjectOf({ VECTOR_DB: 'pgvector', PGVECTOR_DB_URL: server.url, VECTOR_DB_TIMEOUT_MS: '2000' }, server);
  },
  { parts: ['server'], missing: await missingServer('pgvector', () => pgvectorFiles()) },
);
