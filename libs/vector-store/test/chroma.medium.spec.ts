import { chromaCommand, freshDatabase, missingServer, startChroma } from '@perennial/testing';
import { subjectOf } from './subject';
import { testStore } from './suite';

testStore(
  'Chroma',
  async () => {
    const [server, words] = await Promise.all([startChroma(), freshDatabase('words')]);
    return subjectOf({ ...server.env, KEYWORDS_DB_URL: words, VECTOR_DB_TIMEOUT_MS: '2000' }, server, {
      wrongCredentials: { CHROMA_CLIENT_AUTH_CREDENTIALS: 'hunter2' },
    });
  },
  { parts: ['server', 'credentials', 'words'], missing: await missingServer('Chroma', () => chromaCommand()) },
);
