import { namedJson, placementEnv, type Placements, variable } from '@perennial/runtime';
import { z } from 'zod';
import { placePrint, sharedPlaces } from './distinct';
import { type StoreConfig, storeEnv, storeRules } from './env';

/** The name of the store of `VECTOR_DB` until the operator gives it another one. */
export const DEFAULT_STORE = 'default';

const StoreNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and "-", a letter first, at most 40');

/** The variables of each store, as the environment would have them. */
type NamedStores = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** Variables of the vector stores, for the service that searches; with `vectorStoreRules` as the schema's refinement. */
export const vectorStoreEnv = {
  ...placementEnv,
  ...storeEnv,
  VECTOR_STORE_NAME: variable(StoreNameSchema.default(DEFAULT_STORE), {
    description:
      'Name of the store of `VECTOR_DB` among those of `VECTOR_STORES`. Each index says by name where it is.',
  }),
  VECTOR_STORES: variable(
    namedJson(StoreNameSchema, z.record(z.string(), z.string())).default((): NamedStores => new Map()),
    {
      description:
        'Further vector stores by name, as JSON: for each its variables. `perennial vectors migrate --to NAME` moves the documents there. The same for all replicas.',
      example: '{"qdrant": {"VECTOR_DB": "qdrant", "QDRANT_URI": "http://qdrant:6333"}}',
      secret: true,
    },
  ),
};

/** What `createVectorStores` takes; the parsed environment of a service that spreads `vectorStoreEnv` and `databaseEnv` is one. */
export type VectorStoreConfig = z.output<z.ZodObject<typeof vectorStoreEnv>> & { DATABASE_URL?: string };

type Declared = z.ZodSafeParseResult<StoreConfig>;

/** As for the stores of files: an unknown variable is refused. */
const declaredStore = z.strictObject(storeEnv);

/** The own stores of the placements that have one, by name. */
export function placedVectorConfigs({ PLACEMENTS }: { PLACEMENTS: Placements }): Map<string, Declared> {
  const own = [...PLACEMENTS].flatMap(([name, { vectors }]) =>
    vectors === 'default' ? [] : [[name, vectors] as const],
  );
  return new Map(own.map(([name, vectors]) => [name, parseStore(vectors, {}, placedRules)]));
}

/** The stores of `VECTOR_STORES`, by name. They have the installation's database and directory unless they name others. */
export function namedVectorConfigs({
  VECTOR_STORES,
  DATABASE_URL,
  DATA_DIR,
}: Pick<VectorStoreConfig, 'VECTOR_STORES' | 'DATABASE_URL' | 'DATA_DIR'>): Map<string, Declared> {
  const shared = DATABASE_URL === undefined ? {} : { DATABASE_URL };
  return new Map([...VECTOR_STORES].map(([name, store]) => [name, parseStore({ DATA_DIR, ...store }, shared)]));
}

function parseStore(
  variables: Readonly<Record<string, string>>,
  shared: Pick<StoreConfig, 'DATABASE_URL'>,
  rules = storeRules,
): Declared {
  return declaredStore
    .transform((config): StoreConfig => ({ ...config, ...shared }))
    .superRefine((config, context) => rules(config, refusing(context)))
    .safeParse(variables);
}

const placedRules: typeof storeRules = (config, refuse) => {
  storeRules(config, refuse);
  // The embedded store belongs to one machine, which the installation's own store has claimed.
  if (config.VECTOR_DB === 'lancedb') refuse('VECTOR_DB', 'has to be another one than lancedb');
};

/**
 * The installation's stores by name: that of `VECTOR_DB` first, and those of `VECTOR_STORES`.
 *
 * @throws ZodError for a store that is wrong
 */
export function installationStores(env: VectorStoreConfig): Map<string, StoreConfig> {
  const stores = new Map<string, StoreConfig>([[env.VECTOR_STORE_NAME, env]]);
  for (const [name, { data, error }] of namedVectorConfigs(env)) {
    if (!data) throw error;
    stores.set(name, data);
  }
  return stores;
}

/** Fingerprints of the installation's stores, by name (`placePrint`). */
export function vectorStorePrints(env: VectorStoreConfig): Record<string, string> {
  return Object.fromEntries([...installationStores(env)].map(([name, store]) => [name, placePrint(store)]));
}

/** Constraints between the variables: `z.object({ ...vectorStoreEnv }).superRefine(vectorStoreRules)`. */
export function vectorStoreRules(env: VectorStoreConfig, context: z.core.$RefinementCtx): void {
  const refuse = refusing(context);
  storeRules(env, refuse);
  const stores = new Map<string, StoreConfig>([["the installation's own", env]]);
  const named = namedVectorConfigs(env);
  if (named.has(env.VECTOR_STORE_NAME))
    refuse('VECTOR_STORES', `has "${env.VECTOR_STORE_NAME}", which is the name of the store of VECTOR_DB`);
  for (const [name, { data, error }] of named) {
    for (const { path, message } of error?.issues ?? [])
      refuse('VECTOR_STORES', `has a wrong store "${name}": ${[...path, message].join(' ')}`);
    if (data) stores.set(`"${name}" of VECTOR_STORES`, data);
  }
  if ([...stores.values()].filter(({ VECTOR_DB }) => VECTOR_DB === 'lancedb').length > 1)
    refuse('VECTOR_STORES', 'has another store with VECTOR_DB=lancedb: there can be one');
  const ofInstallation = new Set(stores.keys());
  for (const [name, { data, error }] of placedVectorConfigs(env)) {
    for (const { path, message } of error?.issues ?? [])
      refuse('PLACEMENTS', `has a wrong store of vectors for "${name}": ${[...path, message].join(' ')}`);
    if (data) stores.set(`that of "${name}"`, data);
  }
  for (const [one, other] of sharedPlaces(stores))
    refuse(
      ofInstallation.has(one) && ofInstallation.has(other) ? 'VECTOR_STORES' : 'PLACEMENTS',
      `has stores of vectors in one place: ${one} and ${other}; another collection prefix that does not begin like the first, or another database, keeps them apart`,
    );
}

function refusing(context: z.core.$RefinementCtx): (path: keyof VectorStoreConfig, message: string) => void {
  return (path, message) => context.addIssue({ code: 'custom', path: [path], message });
}
