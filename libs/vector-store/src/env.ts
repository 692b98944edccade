import { databaseUrl, flag, integer, placementEnv, urlOf, variable } from '@perennial/runtime';
import { z } from 'zod';

/** Variables of the vector store, for the service that searches; with `vectorStoreRules` as the schema's refinement. */
export const vectorStoreEnv = {
  ...placementEnv,
  VECTOR_DB: variable(z.enum(['lancedb', 'qdrant', 'pgvector']).default('lancedb'), {
    description:
      'Where documents are searched: `lancedb` is files below `DATA_DIR` (one host only), `qdrant` a Qdrant server, `pgvector` a Postgres with that extension.',
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
};

/** What `createVectorStore` takes; the parsed environment of a service that spreads `vectorStoreEnv` and `databaseEnv` is one. */
export type VectorStoreConfig = z.output<z.ZodObject<typeof vectorStoreEnv>> & { DATABASE_URL?: string };

/** As for the stores of files: an unknown variable is refused. */
const { PLACEMENTS: _, ...storeEnv } = vectorStoreEnv;
const placedStore = z.strictObject(storeEnv);

/** The own stores of the placements that have one, by name. */
export function placedVectorConfigs({
  PLACEMENTS,
}: Pick<VectorStoreConfig, 'PLACEMENTS'>): Map<string, z.ZodSafeParseResult<VectorStoreConfig>> {
  const own = [...PLACEMENTS].flatMap(([name, { vectors }]) =>
    vectors === 'default' ? [] : [[name, vectors] as const],
  );
  return new Map(
    own.map(([name, vectors]) => [
      name,
      placedStore
        .transform((config): VectorStoreConfig => ({ ...config, PLACEMENTS: new Map() }))
        .superRefine((config, context) => {
          vectorStoreRules(config, context);
          // The embedded store belongs to one machine, which the installation's own store has claimed.
          if (config.VECTOR_DB === 'lancedb')
            context.addIssue({ code: 'custom', path: ['VECTOR_DB'], message: 'has to be qdrant or pgvector' });
        })
        .safeParse(vectors),
    ]),
  );
}

/** Constraints between the variables: `z.object({ ...vectorStoreEnv }).superRefine(vectorStoreRules)`. */
export function vectorStoreRules(env: VectorStoreConfig, context: z.core.$RefinementCtx): void {
  const refuse = (path: keyof VectorStoreConfig, message: string): void =>
    context.addIssue({ code: 'custom', path: [path], message });
  for (const [name, { error }] of placedVectorConfigs(env))
    for (const { path, message } of error?.issues ?? [])
      refuse('PLACEMENTS', `has a wrong store of vectors for "${name}": ${[...path, message].join(' ')}`);
  if (env.VECTOR_DB === 'qdrant' && env.QDRANT_URI === undefined) {
    refuse('QDRANT_URI', 'is needed with VECTOR_DB=qdrant');
  }
  if (env.VECTOR_DB === 'pgvector' && (env.PGVECTOR_DB_URL ?? env.DATABASE_URL) === undefined) {
    refuse('PGVECTOR_DB_URL', 'is needed with VECTOR_DB=pgvector where there is no DATABASE_URL');
  }
}
