import { missingServer, qdrantBinary, startQdrant } from '@perennial/testing';
import { subjectOf } from './subject';
import { testStore } from './suite';

const API_KEY = 'a-key-of-the-test';

testStore(
  'Qdrant',
  async () => {
    const server = await startQdrant({ apiKey: API_KEY });
    return subjectOf(
      { VECTOR_DB: 'qdrant', QDRANT_URI: server.url, QDRANT_API_KEY: API_KEY, VECTOR_DB_TIMEOUT_MS: '2000' },
      server,
      { wrongCredentials: { QDRANT_API_KEY: 'hunter2' } },
    );
  },
  { parts: ['server', 'credentials'], missing: await missingServer('Qdrant', qdrantBinary) },
);
