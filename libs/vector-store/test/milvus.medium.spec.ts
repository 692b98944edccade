import { freshDatabase, milvusFiles, missingServer, startMilvus } from '@perennial/testing';
import { subjectOf } from './subject';
import { testStore } from './suite';

testStore(
  'Milvus',
  async () => {
    const [server, words] = await Promise.all([startMilvus(), freshDatabase('words')]);
    return subjectOf(
      {
        ...{ VECTOR_DB: 'milvus', MILVUS_URI: server.url, MILVUS_TOKEN: server.token },
        ...{ KEYWORDS_DB_URL: words, VECTOR_DB_TIMEOUT_MS: '3000' },
      },
      server,
      { wrongCredentials: { MILVUS_TOKEN: 'root:hunter2' } },
    );
  },
  { parts: ['server', 'credentials', 'words'], missing: await missingServer('Milvus', () => milvusFiles()) },
);
