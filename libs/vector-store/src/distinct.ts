import { createHash } from 'node:crypto';
import type { StoreConfig } from './env';

/** Where collections are: those of one server are told apart by the beginnings of their names. */
interface Place {
  server: string;
  prefix: string;
}

/**
 * Stores that would take the collections of another one for their own, and remove them as nobody's: pairs of names.
 *
 * @param stores by name
 */
export function sharedPlaces(stores: ReadonlyMap<string, StoreConfig>): [string, string][] {
  const located = [...stores].map(([name, store]) => ({ name, places: placesOf(store) }));
  return located.flatMap((one, at) =>
    located
      .slice(at + 1)
      .filter((other) => one.places.some((place) => other.places.some((its) => overlap(place, its))))
      .map((other): [string, string] => [one.name, other.name]),
  );
}

const PRINT_CHARS = 12;

/**
 * A fingerprint of where a store keeps its points: two processes with the same one keep them in the same place. Users and secrets are not in
 * it, so it may be shown.
 */
export function placePrint(store: StoreConfig): string {
  const place = store.VECTOR_DB === 'lancedb' ? store.DATA_DIR : placesOf(store);
  const definition = JSON.stringify([store.VECTOR_DB, place]);
  return createHash('sha256').update(definition).digest('hex').slice(0, PRINT_CHARS);
}

/** None for files of one machine, of which there is one store only. */
function placesOf(store: StoreConfig): Place[] {
  switch (store.VECTOR_DB) {
    case 'qdrant':
      return [{ server: `qdrant ${serverOf(store.QDRANT_URI)}`, prefix: `${store.QDRANT_COLLECTION_PREFIX}_` }];
    case 'pgvector':
      return [{ server: `pgvector ${serverOf(store.PGVECTOR_DB_URL ?? store.DATABASE_URL)}`, prefix: '' }];
    case 'milvus':
      return [
        {
          server: `milvus ${serverOf(store.MILVUS_URI)} ${store.MILVUS_DB}`,
          prefix: `${store.MILVUS_COLLECTION_PREFIX}_`,
        },
        wordsOf(store),
      ];
    case 'chroma': {
      const {
        CHROMA_HTTP_HOST: host,
        CHROMA_HTTP_PORT: port,
        CHROMA_TENANT: tenant,
        CHROMA_DATABASE: database,
      } = store;
      return [
        { server: `chroma ${host}:${port} ${tenant} ${database}`, prefix: `${store.CHROMA_COLLECTION_PREFIX}_` },
        wordsOf(store),
      ];
    }
    case 'opensearch':
      return [
        { server: `opensearch ${serverOf(store.OPENSEARCH_URI)}`, prefix: `${store.OPENSEARCH_COLLECTION_PREFIX}_` },
      ];
    case 'lancedb':
      return [];
  }
}

/** The words of documents beside a store without them: two stores of a kind cannot share their tables. */
function wordsOf(store: StoreConfig): Place {
  return { server: `${store.VECTOR_DB} words ${serverOf(store.KEYWORDS_DB_URL ?? store.DATABASE_URL)}`, prefix: '' };
}

/** Without the user and the options, which do not say where it is. */
function serverOf(url = ''): string {
  const plain = url.replace(/^([a-z+]+:\/\/)[^@/]*@/, '$1').replace(/[?#].*$/, '');
  const parsed = URL.canParse(plain) ? new URL(plain) : undefined;
  return parsed ? `${parsed.host}${parsed.pathname.replace(/\/+$/, '')}`.toLowerCase() : plain;
}

function overlap(one: Place, other: Place): boolean {
  if (one.server !== other.server) return false;
  return one.prefix.startsWith(other.prefix) || other.prefix.startsWith(one.prefix);
}
