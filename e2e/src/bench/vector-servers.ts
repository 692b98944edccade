import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  chromaCommand,
  milvusFiles,
  missingServer,
  openSearchFiles,
  pgvectorFiles,
  qdrantBinary,
  startChroma,
  startMilvus,
  startOpenSearch,
  startPostgres,
  startQdrant,
} from '@perennial/testing/servers';

/** A running vector store of a benchmark. */
export interface VectorServer {
  /** Chooses it, for a service or a client. */
  env: Record<string, string>;
  /** Waits until it works on nothing that was written before, as far as it tells. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

export interface VectorServerKind {
  /** Why it cannot be had here. */
  missing(): Promise<string | undefined>;
  start(): Promise<VectorServer>;
}

const SETTLE_MS = 5_000;
const INDEXING_LIMIT_MS = 3_600_000;
const QDRANT_KEY = 'bench-key';
const settled = () => sleep(SETTLE_MS);

/** Realistic for a server of up to a million chunks; the defaults are for tests. */
const POSTGRES_SETTINGS = { shared_buffers: '3GB', max_wal_size: '8GB' };

const OPENSEARCH_HEAP = '2g';
/** As docs/deploy recommends: what was written last is compared with each question, not sought in a coarse index. */
const MILVUS_SETTINGS = { 'queryNode.segcore.interimIndex.enableIndex': false };

/** Each store that the product may use, by the value of `VECTOR_DB`. */
export const VECTOR_SERVERS: Readonly<Record<string, VectorServerKind>> = {
  lancedb: {
    missing: () => Promise.resolve(undefined),
    start: async () => {
      const directory = await mkdtemp(join(tmpdir(), 'perennial-bench-lancedb-'));
      return {
        env: { VECTOR_DB: 'lancedb', DATA_DIR: directory },
        settled,
        stop: () => rm(directory, { recursive: true, force: true }),
      };
    },
  },
  qdrant: {
    missing: () => missingServer('Qdrant', qdrantBinary),
    start: async () => {
      const server = await startQdrant({ apiKey: QDRANT_KEY });
      return {
        env: { VECTOR_DB: 'qdrant', QDRANT_URI: server.url, QDRANT_API_KEY: QDRANT_KEY },
        settled: () => qdrantIndexed(server.url),
        stop: () => server.stop(),
      };
    },
  },
  pgvector: {
    missing: () => missingServer('pgvector', () => pgvectorFiles()),
    start: async () => {
      const server = await startPostgres({ pgvector: await pgvectorFiles(), settings: POSTGRES_SETTINGS });
      return { env: { VECTOR_DB: 'pgvector', PGVECTOR_DB_URL: server.url }, settled, stop: () => server.stop() };
    },
  },
  chroma: {
    missing: () => missingServer('Chroma', () => chromaCommand()),
    start: () => withWords(startChroma, ({ env }) => env),
  },
  milvus: {
    missing: () => missingServer('Milvus', () => milvusFiles()),
    start: () =>
      withWords(
        () => startMilvus(MILVUS_SETTINGS),
        ({ url, token }) => ({ VECTOR_DB: 'milvus', MILVUS_URI: url, MILVUS_TOKEN: token }),
      ),
  },
  opensearch: {
    missing: () => missingServer('OpenSearch', () => openSearchFiles()),
    start: async () => {
      const server = await startOpenSearch(OPENSEARCH_HEAP);
      return { env: server.env, settled, stop: () => server.stop() };
    },
  },
};

/** A store that searches by vectors, and a Postgres with its words. */
async function withWords<Server extends { stop(): Promise<void> }>(
  start: () => Promise<Server>,
  envOf: (server: Server) => Record<string, string>,
): Promise<VectorServer> {
  const words = await startPostgres({ settings: POSTGRES_SETTINGS });
  try {
    const server = await start();
    return {
      env: { ...envOf(server), KEYWORDS_DB_URL: words.url },
      settled,
      stop: async () => {
        await server.stop();
        await words.stop();
      },
    };
  } catch (error) {
    await words.stop();
    throw error;
  }
}

async function qdrantIndexed(url: string): Promise<void> {
  const look = async <T>(path: string): Promise<T> => {
    const reply = await fetch(url + path, { headers: { 'api-key': QDRANT_KEY } });
    return ((await reply.json()) as { result: T }).result;
  };
  const deadline = Date.now() + INDEXING_LIMIT_MS;
  const { collections } = await look<{ collections: { name: string }[] }>('/collections');
  for (const { name } of collections) {
    while ((await look<{ status: string }>(`/collections/${name}`)).status !== 'green') {
      if (Date.now() > deadline) throw new Error(`Qdrant has not indexed ${name} after an hour`);
      await sleep(500);
    }
  }
  await settled();
}
