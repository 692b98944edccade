import type { VectorStoreConfig } from './env';

type Located = Pick<VectorStoreConfig, 'VECTOR_DB' | 'QDRANT_URI' | 'QDRANT_COLLECTION_PREFIX' | 'PGVECTOR_DB_URL'> & {
  DATABASE_URL?: string | undefined;
};

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
export function sharedPlaces(stores: ReadonlyMap<string, Located>): [string, string][] {
  const places = [...stores].flatMap(([name, store]) => {
    const place = placeOf(store);
    return place ? [{ name, ...place }] : [];
  });
  return places.flatMap((one, at) =>
    places.slice(at + 1).flatMap((other): [string, string][] => (overlap(one, other) ? [[one.name, other.name]] : [])),
  );
}

/** Undefined for files of one machine, which a placement cannot have. */
function placeOf(store: Located): Place | undefined {
  switch (store.VECTOR_DB) {
    case 'qdrant':
      return { server: `qdrant ${serverOf(store.QDRANT_URI)}`, prefix: `${store.QDRANT_COLLECTION_PREFIX}_` };
    case 'pgvector':
      return { server: `pgvector ${serverOf(store.PGVECTOR_DB_URL ?? store.DATABASE_URL)}`, prefix: '' };
    case 'lancedb':
      return undefined;
  }
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
