import { databaseUrl, flag, integer, urlOf, variable } from '@perennial/runtime';
import { z } from 'zod';

const CHROMA_TOKEN = 'chromadb.auth.token_authn.TokenAuthClientProvider';
const CHROMA_BASIC = 'chromadb.auth.basic_authn.BasicAuthClientProvider';
const HEADERS = /^([\w-]+=[^,]*(,|$))*$/;
const headers = () => z.string().regex(HEADERS, 'has to be name=value, separated by commas').default('');

/** Names of our collections on a server that others may share. */
const prefix = (pattern: RegExp, message: string) =>
  variable(z.string().regex(pattern, message).default('perennial'), {
    description: 'Prefix of the names of our collections, so that installations can share a server.',
  });

const hnswM = integer(4, 128).default(16);
const HNSW_M = 'Links per node of the graph of a new collection: higher finds more and needs more memory.';

const chromaEnv = {
  CHROMA_HTTP_HOST: variable(
    z
      .string()
      .regex(/^[\w.:[\]-]+$/, 'has to be a host name')
      .optional(),
    {
      description: 'Host of the Chroma server. Needed with `VECTOR_DB=chroma`.',
      example: 'chroma',
    },
  ),
  CHROMA_HTTP_PORT: variable(integer(1, 65_535).default(8_000), { description: 'Port of the Chroma server.' }),
  CHROMA_HTTP_SSL: variable(flag().default(false), { description: 'The Chroma server is reached by HTTPS.' }),
  CHROMA_HTTP_HEADERS: variable(headers(), {
    description: 'Headers for the Chroma server or a proxy in front of it: `name=value`, separated by commas.',
    secret: true,
  }),
  CHROMA_TENANT: variable(z.string().min(1).default('default_tenant'), { description: 'Tenant of the Chroma server.' }),
  CHROMA_DATABASE: variable(z.string().min(1).default('default_database'), {
    description: 'Database of the tenant of the Chroma server.',
  }),
  CHROMA_CLIENT_AUTH_PROVIDER: variable(z.enum([CHROMA_TOKEN, CHROMA_BASIC]).default(CHROMA_TOKEN), {
    description: `How the credentials are sent to Chroma: \`${CHROMA_TOKEN}\` as a bearer token, \`${CHROMA_BASIC}\` as user and password.`,
  }),
  CHROMA_CLIENT_AUTH_CREDENTIALS: variable(z.string().min(1).optional(), {
    description: 'The token, or `user:password`, for `CHROMA_CLIENT_AUTH_PROVIDER`.',
    secret: true,
  }),
  CHROMA_COLLECTION_PREFIX: prefix(/^[a-zA-Z0-9][\w-]{0,59}$/, 'may only have letters, digits, "_" and "-"'),
  CHROMA_HNSW_M: variable(hnswM, { description: HNSW_M }),
};

const milvusEnv = {
  MILVUS_URI: variable(urlOf('http', 'https').optional(), {
    description: 'Address of the Milvus server (2.3 or newer). Needed with `VECTOR_DB=milvus`.',
    example: 'http://milvus:19530',
  }),
  MILVUS_TOKEN: variable(z.string().min(1).optional(), {
    description: '`user:password` or the API key of the Milvus server, if it requires one.',
    secret: true,
  }),
  MILVUS_DB: variable(z.string().min(1).default('default'), { description: 'Database of the Milvus server.' }),
  MILVUS_COLLECTION_PREFIX: prefix(/^[a-zA-Z_]\w{0,59}$/, 'may only have letters, digits and "_"'),
  MILVUS_HNSW_M: variable(hnswM, { description: HNSW_M }),
};

const openSearchEnv = {
  OPENSEARCH_URI: variable(urlOf('http', 'https').optional(), {
    description:
      'Address of the OpenSearch server (2.16 or newer, with the k-NN plugin). Needed with `VECTOR_DB=opensearch`.',
    example: 'https://opensearch:9200',
  }),
  OPENSEARCH_USERNAME: variable(z.string().min(1).optional(), {
    description: 'User of the OpenSearch server, if it requires one.',
  }),
  OPENSEARCH_PASSWORD: variable(z.string().min(1).optional(), {
    description: 'Password of `OPENSEARCH_USERNAME`.',
    secret: true,
  }),
  OPENSEARCH_HTTP_HEADERS: variable(headers(), {
    description:
      'Headers for the OpenSearch server or a proxy in front of it, such as a token: `name=value`, separated by commas.',
    example: 'authorization=ApiKey <key>',
    secret: true,
  }),
  OPENSEARCH_CERT_VERIFY: variable(flag().default(true), {
    description:
      'The certificate of the OpenSearch server has to be a trusted one; `NODE_EXTRA_CA_CERTS` names a CA of your own.',
  }),
  OPENSEARCH_COLLECTION_PREFIX: prefix(
    /^[a-z][a-z0-9_-]{0,59}$/,
    'may only have lower-case letters, digits, "_" and "-", a letter first',
  ),
  OPENSEARCH_NUMBER_OF_SHARDS: variable(integer(1, 1_000).optional(), {
    description: 'Shards of a new index; 1 when unset.',
  }),
  OPENSEARCH_NUMBER_OF_REPLICAS: variable(integer(0, 100).optional(), {
    description: 'Further copies of each shard of a new index; 1 when unset, which a single node cannot place.',
  }),
  OPENSEARCH_HNSW_M: variable(hnswM, { description: HNSW_M }),
};

/** Variables of one vector store; with `storeRules`. */
export const storeEnv = {
  VECTOR_DB: variable(z.enum(['lancedb', 'qdrant', 'pgvector', 'chroma', 'milvus', 'opensearch']).default('lancedb'), {
    description:
      'Where documents are searched: `lancedb` is files below `DATA_DIR` (one host only), `qdrant` a Qdrant server, `pgvector` a Postgres with that extension, `chroma` a Chroma server, `milvus` a Milvus, `opensearch` an OpenSearch.',
  }),
  DATA_DIR: variable(z.string().min(1).default('data'), {
    description:
      'Directory for data on disk; the same one for all services. With several hosts it has to be shared between them, or use `s3`.',
    example: '/var/lib/perennial',
  }),
  VECTOR_DB_TIMEOUT_MS: variable(integer(100, 600_000).default(5_000), {
    description: 'Milliseconds that a search may take before the answer is given without documents.',
  }),
  QDRANT_URI: variable(urlOf('http', 'https').optional(), {
    description: 'Address of the Qdrant server (its HTTP port). Needed with `VECTOR_DB=qdrant`.',
    example: 'http://qdrant:6333',
  }),
  QDRANT_API_KEY: variable(z.string().min(1).optional(), {
    description: 'Key of the Qdrant server, if it requires one.',
    secret: true,
  }),
  QDRANT_COLLECTION_PREFIX: variable(
    z
      .string()
      .regex(/^[\w-]{1,60}$/, 'may only have letters, digits, "_" and "-"')
      .default('perennial'),
    { description: 'Prefix of the names of our collections, so that installations can share a server.' },
  ),
  QDRANT_ON_DISK: variable(flag().default(false), {
    description: 'Vectors are read from disk instead of held in memory: slower, for more documents than memory.',
  }),
  QDRANT_HNSW_M: variable(integer(4, 128).default(16), {
    description: 'Links per node of the graph of a new collection: higher finds more and needs more memory.',
  }),
  QDRANT_SHARD_NUMBER: variable(integer(1, 1_000).optional(), {
    description:
      'Shards of a new collection in a Qdrant cluster, over which its points are distributed; one for each node of the cluster when unset.',
  }),
  QDRANT_REPLICATION_FACTOR: variable(integer(1, 100).optional(), {
    description:
      'Copies of each shard of a new collection in a Qdrant cluster; 1 when unset. From 2 on a cluster of three nodes survives the loss of one.',
  }),
  QDRANT_WRITE_CONSISTENCY_FACTOR: variable(integer(1, 100).optional(), {
    description:
      'Copies that must confirm a write to a new collection in a Qdrant cluster; 1 when unset. At most the replication factor.',
  }),
  PGVECTOR_DB_URL: variable(databaseUrl().optional(), {
    description: 'The Postgres with pgvector 0.8 or newer; `DATABASE_URL` when unset.',
    example: 'postgres://perennial:<password>@vectors:5432/vectors',
    secret: true,
    strong: true,
  }),
  PGVECTOR_POOL_SIZE: variable(integer(1, 500).default(10), {
    description: 'Connections to it that one replica may hold, besides those of `DATABASE_POOL_SIZE`.',
  }),
  PGVECTOR_HNSW_M: variable(integer(2, 100).default(16), {
    description: 'Links per node of the graph of a new collection: higher finds more and needs more memory.',
  }),
  PGVECTOR_HNSW_EF_CONSTRUCTION: variable(integer(4, 1_000).default(64), {
    description:
      'Nodes that are examined when one is added to the graph of a new collection; at least twice the links.',
  }),
  ...chromaEnv,
  ...milvusEnv,
  ...openSearchEnv,
  KEYWORDS_DB_URL: variable(databaseUrl().optional(), {
    description:
      'The Postgres with the words of documents, for a vector store that cannot search by words (`chroma`, `milvus`); `DATABASE_URL` when unset.',
    example: 'postgres://perennial:<password>@words:5432/words',
    secret: true,
    strong: true,
  }),
  KEYWORDS_POOL_SIZE: variable(integer(1, 500).default(10), {
    description: 'Connections to it that one replica may hold, besides those of `DATABASE_POOL_SIZE`.',
  }),
};

/** What `createVectorStore` takes. */
export type StoreConfig = z.output<z.ZodObject<typeof storeEnv>> & { DATABASE_URL?: string };

/** Constraints between the variables of one store; `refuse` is called for each that is not held. */
export function storeRules(env: StoreConfig, refuse: (path: keyof StoreConfig, message: string) => void): void {
  if (env.VECTOR_DB === 'qdrant' && env.QDRANT_URI === undefined) {
    refuse('QDRANT_URI', 'is needed with VECTOR_DB=qdrant');
  }
  if (env.VECTOR_DB === 'pgvector' && (env.PGVECTOR_DB_URL ?? env.DATABASE_URL) === undefined) {
    refuse('PGVECTOR_DB_URL', 'is needed with VECTOR_DB=pgvector where there is no DATABASE_URL');
  }
  if (env.VECTOR_DB === 'chroma' && env.CHROMA_HTTP_HOST === undefined) {
    refuse('CHROMA_HTTP_HOST', 'is needed with VECTOR_DB=chroma');
  }
  if (env.VECTOR_DB === 'milvus' && env.MILVUS_URI === undefined) {
    refuse('MILVUS_URI', 'is needed with VECTOR_DB=milvus');
  }
  if (env.VECTOR_DB === 'opensearch' && env.OPENSEARCH_URI === undefined) {
    refuse('OPENSEARCH_URI', 'is needed with VECTOR_DB=opensearch');
  }
  if (/^\w+:\/\/[^/]*@/.test(env.OPENSEARCH_URI ?? '')) {
    refuse('OPENSEARCH_URI', 'may not have a user: OPENSEARCH_USERNAME and OPENSEARCH_PASSWORD name it');
  }
  if ((env.OPENSEARCH_USERNAME === undefined) !== (env.OPENSEARCH_PASSWORD === undefined)) {
    refuse('OPENSEARCH_PASSWORD', 'and OPENSEARCH_USERNAME need each other');
  }
  const needsWords = env.VECTOR_DB === 'chroma' || env.VECTOR_DB === 'milvus';
  if (needsWords && (env.KEYWORDS_DB_URL ?? env.DATABASE_URL) === undefined) {
    refuse('KEYWORDS_DB_URL', `is needed with VECTOR_DB=${env.VECTOR_DB} where there is no DATABASE_URL`);
  }
  if ((env.QDRANT_WRITE_CONSISTENCY_FACTOR ?? 1) > (env.QDRANT_REPLICATION_FACTOR ?? 1)) {
    refuse('QDRANT_WRITE_CONSISTENCY_FACTOR', 'is larger than QDRANT_REPLICATION_FACTOR: no write could be confirmed');
  }
}

/** The headers of every request to Chroma. */
export function chromaHeaders({
  CHROMA_HTTP_HEADERS: given,
  CHROMA_CLIENT_AUTH_PROVIDER: provider,
  CHROMA_CLIENT_AUTH_CREDENTIALS: credentials,
}: Pick<StoreConfig, 'CHROMA_HTTP_HEADERS' | 'CHROMA_CLIENT_AUTH_PROVIDER' | 'CHROMA_CLIENT_AUTH_CREDENTIALS'>): Record<
  string,
  string
> {
  if (credentials === undefined) return parseHeaders(given);
  const authorization = provider === CHROMA_BASIC ? basic(credentials) : `Bearer ${credentials}`;
  return { ...parseHeaders(given), authorization };
}

/** The headers of every request to OpenSearch. */
export function openSearchHeaders({
  OPENSEARCH_HTTP_HEADERS: given,
  OPENSEARCH_USERNAME: user,
  OPENSEARCH_PASSWORD: password,
}: Pick<StoreConfig, 'OPENSEARCH_HTTP_HEADERS' | 'OPENSEARCH_USERNAME' | 'OPENSEARCH_PASSWORD'>): Record<
  string,
  string
> {
  if (user === undefined) return parseHeaders(given);
  return { ...parseHeaders(given), authorization: basic(`${user}:${password}`) };
}

const basic = (credentials: string): string => `Basic ${Buffer.from(credentials).toString('base64')}`;

function parseHeaders(given: string): Record<string, string> {
  return Object.fromEntries(
    given.split(',').flatMap((header) => {
      const [, name = '', value = ''] = /^([^=]+)=(.*)$/.exec(header) ?? [];
      return name === '' ? [] : [[name, value] as const];
    }),
  );
}
