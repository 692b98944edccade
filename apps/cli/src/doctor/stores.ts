import { type BlobStoreConfig, createBlobStore, namedBlobConfigs, placedBlobConfigs } from '@perennial/blob-store';
import { probe } from '@perennial/retrieval/operator';
import {
  createVectorStore,
  installationStores,
  placedVectorConfigs,
  type StoreConfig,
  type VectorStoreConfig,
  VectorStoreError,
} from '@perennial/vector-store';
import { explain } from '../failure';
import { withPostgres } from '../postgres';
import { failed, type Finding, ok } from './finding';

const MIN_PGVECTOR = '0.8';

type Provider = BlobStoreConfig['STORAGE_PROVIDER'];

const PLACES: Record<Provider, (env: BlobStoreConfig) => string> = {
  local: (env) => `the directory ${env.DATA_DIR}`,
  s3: (env) => `the bucket ${env.S3_BUCKET_NAME}`,
  gcs: (env) => `the bucket ${env.GCS_BUCKET_NAME}`,
  azure: (env) => `the container ${env.AZURE_STORAGE_CONTAINER_NAME}`,
};

const BLOB_REMEDIES: Record<Provider, string> = {
  local: 'Make DATA_DIR a directory that the user of this process may write.',
  s3: 'Check S3_ENDPOINT_URL, S3_BUCKET_NAME and the rights of the access key.',
  gcs: 'Check GCS_BUCKET_NAME and the roles of the service account.',
  azure: 'Check AZURE_STORAGE_ENDPOINT, AZURE_STORAGE_CONTAINER_NAME and AZURE_STORAGE_KEY.',
};

/** The installation's store of files, those to which files can be moved, and those of placements. */
export function checkBlobStores(env: BlobStoreConfig): Promise<Finding[]> {
  const others = [...namedBlobConfigs(env), ...placedBlobConfigs(env)];
  const checks = others.flatMap(([name, { data }]) => (data ? checkBlobStore(data, name) : []));
  return Promise.all([checkBlobStore({ ...env, BLOB_STORES: new Map() }), ...checks]);
}

/** The installation's stores of vectors, and those of placements. */
export async function checkVectorStores(env: VectorStoreConfig): Promise<Finding[]> {
  const own = [...installationStores(env)].map(([name, store]) =>
    checkVectorStore(store, name === env.VECTOR_STORE_NAME ? '' : name),
  );
  const placed = [...placedVectorConfigs(env)].flatMap(([name, { data }]) =>
    data ? checkVectorStore(data, name) : [],
  );
  return (await Promise.all([...own, ...placed])).flat();
}

async function checkBlobStore(env: BlobStoreConfig, placement = ''): Promise<Finding> {
  const check = `blob store ${placement}`.trim();
  const { STORAGE_PROVIDER: provider, BLOB_ENCRYPTION_KEYS: keys } = env;
  const place = PLACES[provider](env);
  try {
    const blobs = await createBlobStore(env);
    try {
      await probe(blobs);
    } finally {
      await blobs.close();
    }
    const encrypted = keys[0] === undefined ? '' : `, and files are encrypted with the key "${keys[0].id}"`;
    return ok(check, `${place} can be written, read and deleted${encrypted}`);
  } catch (error) {
    return failed(check, `${place} cannot be used: ${explain(error)}`, BLOB_REMEDIES[provider]);
  }
}

/** Whether the vector store answers; for pgvector also the version of the extension. */
async function checkVectorStore(env: StoreConfig, name = ''): Promise<Finding[]> {
  const check = `vector store ${name}`.trim();
  const findings = env.VECTOR_DB === 'pgvector' ? await checkPgvector(env, `pgvector ${name}`.trim()) : [];
  if (findings.some(({ level }) => level === 'failed')) return findings;
  try {
    const vectors = createVectorStore(env);
    try {
      await vectors.health();
      const collections = await vectors.listCollections();
      return [...findings, ok(check, `${env.VECTOR_DB} answers, with ${collections.length} collections`)];
    } finally {
      await vectors.close();
    }
  } catch (error) {
    const remedies: Record<StoreConfig['VECTOR_DB'], string> = {
      lancedb: 'Make DATA_DIR a directory that the user of this process may write.',
      qdrant: 'Start Qdrant, and check QDRANT_URI and QDRANT_API_KEY.',
      pgvector: 'Start that Postgres, and check PGVECTOR_DB_URL.',
      chroma: 'Start Chroma, and check CHROMA_HTTP_HOST, CHROMA_HTTP_PORT and CHROMA_CLIENT_AUTH_CREDENTIALS.',
      milvus: 'Start Milvus, and check MILVUS_URI, MILVUS_TOKEN and MILVUS_DB.',
      opensearch:
        'Start OpenSearch, and check OPENSEARCH_URI, OPENSEARCH_USERNAME, OPENSEARCH_PASSWORD and OPENSEARCH_CERT_VERIFY.',
    };
    const isMissing = error instanceof VectorStoreError && error.code === 'INVALID';
    const remedy = isMissing
      ? 'Run this command in the image retrieval-lancedb, or set VECTOR_DB to another store.'
      : remedies[env.VECTOR_DB];
    return [...findings, failed(check, `${env.VECTOR_DB} cannot be used: ${explain(error)}`, remedy)];
  }
}

async function checkPgvector(env: StoreConfig, check: string): Promise<Finding[]> {
  const url = env.PGVECTOR_DB_URL ?? env.DATABASE_URL;
  if (url === undefined) return [];
  try {
    const version = await withPostgres(url, async (client) => {
      const { rows } = await client.query<{ version: string | null }>(
        `SELECT coalesce(installed_version, default_version) AS version FROM pg_available_extensions WHERE name = 'vector'`,
      );
      return rows[0]?.version ?? undefined;
    });
    if (version === undefined)
      return [
        failed(
          check,
          'the Postgres of the vectors does not have the extension',
          `Install pgvector ${MIN_PGVECTOR} or newer on that server, or choose another VECTOR_DB.`,
        ),
      ];
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major === 0 && minor < 8)
      return [failed(check, `version ${version}`, `Upgrade pgvector to ${MIN_PGVECTOR} or newer.`)];
    return [ok(check, `version ${version}`)];
  } catch (error) {
    return [failed(check, 'the Postgres of the vectors cannot be used', explain(error))];
  }
}
