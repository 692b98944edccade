import { PlacementNameSchema } from '@perennial/contracts-kernel';
import { flag, namedJson, placementEnv, storePrint, urlOf, variable } from '@perennial/runtime';
import { z } from 'zod';
import { type EncryptionKey, parseEncryptionKeys } from './encryption/key-ring';
import { isServiceAccount } from './gcs/credentials';

/** The name of the store that these variables themselves define, among those of `BLOB_STORES`. */
export const OWN_STORE = 'default';

/** Variables of the blob store, for the services that keep or read files; with `blobStoreRules` as the schema's refinement. */
export const blobStoreEnv = {
  ...placementEnv,
  STORAGE_PROVIDER: variable(z.enum(['local', 's3', 'gcs', 'azure']).default('local'), {
    description:
      'Where uploaded files are kept: `local` is a directory, `s3` a bucket of any S3-compatible store, `gcs` a bucket of Google Cloud Storage, `azure` a container of Azure Blob Storage.',
  }),
  DATA_DIR: variable(z.string().min(1).default('data'), {
    description:
      'Directory for data on disk; the same one for all services. With several hosts it has to be shared between them, or use another `STORAGE_PROVIDER`.',
    example: '/var/lib/perennial',
  }),
  S3_BUCKET_NAME: variable(z.string().min(1).optional(), {
    description: 'The bucket; it has to exist. Needed with `STORAGE_PROVIDER=s3`.',
    example: 'perennial',
  }),
  S3_ENDPOINT_URL: variable(urlOf('http', 'https').optional(), {
    description: "Address of the store; Amazon's own when unset.",
    example: 'https://s3.example.com',
  }),
  S3_REGION_NAME: variable(z.string().min(1).default('us-east-1'), {
    description: 'Region of the bucket; most other stores accept any.',
    example: 'eu-central-1',
  }),
  S3_ACCESS_KEY_ID: variable(z.string().min(1).optional(), {
    description: 'Access key; without it the credentials of the machine or the container are used.',
    secret: true,
  }),
  S3_SECRET_ACCESS_KEY: variable(z.string().min(1).optional(), {
    description: 'Secret of the access key.',
    secret: true,
  }),
  S3_KEY_PREFIX: variable(
    z
      .string()
      .regex(/^\/?[\w.-]+(\/[\w.-]+)*\/?$/, 'may only have letters, digits, ".", "_", "-" and "/"')
      .optional(),
    { description: 'Prefix of every object key, so that installations can share a bucket.', example: 'perennial/' },
  ),
  S3_ADDRESSING_STYLE: variable(z.enum(['auto', 'path', 'virtual']).default('auto'), {
    description:
      '`path` is endpoint/bucket, `virtual` is bucket.endpoint; `auto` is `path` when `S3_ENDPOINT_URL` is set.',
  }),
  S3_USE_ACCELERATE_ENDPOINT: variable(flag().default(false), {
    description: "Amazon's accelerated endpoint.",
  }),
  S3_SERVER_SIDE_ENCRYPTION: variable(z.enum(['AES256', 'aws:kms']).optional(), {
    description:
      'What the S3 store is asked to encrypt each object with: `AES256` its own key, `aws:kms` a key of its key service. Unset, the bucket decides.',
  }),
  S3_SSE_KMS_KEY_ID: variable(z.string().min(1).optional(), {
    description: "The key for `S3_SERVER_SIDE_ENCRYPTION=aws:kms`; the account's own one when unset.",
    example: 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd',
  }),
  S3_ENABLE_TAGGING: variable(flag().default(false), {
    description:
      'Gives each object the tags `kind` (`files`, `pictures`) and `placement`, for rules of the bucket and its bill. The access key needs the right to tag.',
  }),
  GCS_BUCKET_NAME: variable(z.string().min(1).optional(), {
    description: 'The bucket; it has to exist. Needed with `STORAGE_PROVIDER=gcs`.',
    example: 'perennial',
  }),
  GOOGLE_APPLICATION_CREDENTIALS_JSON: variable(serviceAccount().optional(), {
    description:
      "The JSON of a service account's key; without it the service account of the machine or the pod is used.",
    secret: true,
  }),
  GCS_ENDPOINT_URL: variable(urlOf('http', 'https').default('https://storage.googleapis.com'), {
    description: 'Address of Google Cloud Storage, for a private endpoint or an emulator.',
  }),
  AZURE_STORAGE_ENDPOINT: variable(urlOf('http', 'https').optional(), {
    description: 'Address of the storage account. Needed with `STORAGE_PROVIDER=azure`.',
    example: 'https://ACCOUNT.blob.core.windows.net',
  }),
  AZURE_STORAGE_CONTAINER_NAME: variable(z.string().min(1).optional(), {
    description: 'The container; it has to exist. Needed with `STORAGE_PROVIDER=azure`.',
    example: 'perennial',
  }),
  AZURE_STORAGE_KEY: variable(z.base64().min(1).optional(), {
    description: 'Key of the storage account. Needed with `STORAGE_PROVIDER=azure`.',
    secret: true,
  }),
  BLOB_ENCRYPTION_KEYS: variable(
    encryptionKeys().default(() => []),
    {
      description:
        'Keys with which files are encrypted before they are stored, as `ID:KEY`, separated by commas; each KEY is 32 bytes in base64. The first one encrypts, all of them decrypt. The same for all services. Unset, nothing is encrypted.',
      example: '2026-11:the output of `openssl rand -base64 32`',
      secret: true,
    },
  ),
  BLOB_STORES: variable(
    namedStores().default(() => new Map<string, Record<string, string>>()),
    {
      description:
        'Further stores of files as JSON, to which files can be moved (docs/operations.md#moving-the-files-to-another-store): for each name its variables (`STORAGE_PROVIDER`, `S3_…`, `GCS_…`, `AZURE_…`, `DATA_DIR`). The same for all services. `default` is the store that the variables beside it define.',
      example: '{"cloud": {"STORAGE_PROVIDER": "s3", "S3_BUCKET_NAME": "perennial"}}',
      secret: true,
    },
  ),
};

/** Variables without which a provider cannot be used. */
const NEEDED = {
  local: [],
  s3: ['S3_BUCKET_NAME'],
  gcs: ['GCS_BUCKET_NAME'],
  azure: ['AZURE_STORAGE_ENDPOINT', 'AZURE_STORAGE_CONTAINER_NAME', 'AZURE_STORAGE_KEY'],
} as const;

/** What `createBlobStore` takes; the parsed environment of a service that spreads `blobStoreEnv` is one. */
export type BlobStoreConfig = z.output<z.ZodObject<typeof blobStoreEnv>>;

/** A store of its own has the same variables, and each of them counts: a misspelt one must not leave data in the wrong place. */
const { PLACEMENTS: _, BLOB_STORES: __, ...storeEnv } = blobStoreEnv;
const declaredStore = z.strictObject(storeEnv);

type ParsedStore = z.ZodSafeParseResult<BlobStoreConfig>;

function parseDeclared(variables: Readonly<Record<string, string>>): ParsedStore {
  return declaredStore
    .transform((config) => ({ ...config, PLACEMENTS: new Map(), BLOB_STORES: new Map() }))
    .superRefine((config, context) => {
      blobStoreRules(config, context);
      if (config.STORAGE_PROVIDER === 'local' && variables['DATA_DIR'] === undefined)
        context.addIssue({ code: 'custom', path: ['DATA_DIR'], message: 'is needed with STORAGE_PROVIDER=local' });
    })
    .safeParse(variables);
}

/** The stores of `BLOB_STORES`, by name. One that says nothing of keys has those of the installation: a move must not decrypt by oversight. */
export function namedBlobConfigs({
  BLOB_STORES,
  BLOB_ENCRYPTION_KEYS,
}: Pick<BlobStoreConfig, 'BLOB_STORES' | 'BLOB_ENCRYPTION_KEYS'>): Map<string, ParsedStore> {
  const parsed = [...BLOB_STORES].map(([name, { BLOB_ENCRYPTION_KEYS: own, ...variables }]) => {
    const result = parseDeclared(own ? { ...variables, BLOB_ENCRYPTION_KEYS: own } : variables);
    return [
      name,
      own === undefined && result.data ? { ...result, data: { ...result.data, BLOB_ENCRYPTION_KEYS } } : result,
    ] as const;
  });
  return new Map(parsed);
}

/** Variables that say where a store is, without the directory: a volume may be mounted elsewhere on each machine. */
const WHERE = [
  'STORAGE_PROVIDER',
  'S3_ENDPOINT_URL',
  'S3_BUCKET_NAME',
  'S3_KEY_PREFIX',
  'GCS_BUCKET_NAME',
  'AZURE_STORAGE_ENDPOINT',
  'AZURE_STORAGE_CONTAINER_NAME',
] as const;

/** Fingerprints of the stores that may hold the files, by name: processes with the same ones keep them in the same places. */
export function blobStorePrints(config: BlobStoreConfig): Record<string, string> {
  const own = WHERE.flatMap((name) => (config[name] === undefined ? [] : [[name, config[name]]]));
  const named = [...config.BLOB_STORES].map(([name, variables]) => [name, storePrint(variables)]);
  return Object.fromEntries([
    [OWN_STORE, storePrint(Object.fromEntries(own) as Record<string, string>)],
    ...named,
  ]) as Record<string, string>;
}

/** The own stores of the placements that have one, by name. */
export function placedBlobConfigs({ PLACEMENTS }: Pick<BlobStoreConfig, 'PLACEMENTS'>): Map<string, ParsedStore> {
  const own = [...PLACEMENTS].flatMap(([name, { blobs }]) => (blobs === 'default' ? [] : [[name, blobs] as const]));
  return new Map(own.map(([name, blobs]) => [name, parseDeclared(blobs)]));
}

/** Constraints between the variables: `z.object({ ...blobStoreEnv }).superRefine(blobStoreRules)`. */
export function blobStoreRules(env: BlobStoreConfig, context: z.core.$RefinementCtx): void {
  const refuse = (path: keyof BlobStoreConfig, message: string): void =>
    context.addIssue({ code: 'custom', path: [path], message });
  for (const [name, { error }] of placedBlobConfigs(env))
    for (const { path, message } of error?.issues ?? [])
      refuse('PLACEMENTS', `has a wrong store of files for "${name}": ${[...path, message].join(' ')}`);
  for (const [name, { error }] of namedBlobConfigs(env))
    for (const { path, message } of error?.issues ?? [])
      refuse('BLOB_STORES', `has a wrong store "${name}": ${[...path, message].join(' ')}`);
  const { STORAGE_PROVIDER: provider } = env;
  for (const name of NEEDED[provider])
    if (env[name] === undefined) refuse(name, `is needed with STORAGE_PROVIDER=${provider}`);
  if (provider !== 's3') return;
  if ((env.S3_ACCESS_KEY_ID === undefined) !== (env.S3_SECRET_ACCESS_KEY === undefined)) {
    const missing = env.S3_ACCESS_KEY_ID === undefined ? 'S3_ACCESS_KEY_ID' : 'S3_SECRET_ACCESS_KEY';
    refuse(missing, 'is needed beside the other half of the key');
  }
  if (env.S3_SSE_KMS_KEY_ID !== undefined && env.S3_SERVER_SIDE_ENCRYPTION !== 'aws:kms')
    refuse('S3_SSE_KMS_KEY_ID', 'is only used with S3_SERVER_SIDE_ENCRYPTION=aws:kms');
}

/** The JSON of a service account's key. Its text is kept; what is wrong with it is said without it. */
function serviceAccount() {
  return z.string().superRefine((text, context) => {
    if (!isServiceAccount(text))
      context.addIssue({ code: 'custom', message: 'is not the JSON of a key of a service account' });
  });
}

function encryptionKeys() {
  return z.string().transform((text, context): EncryptionKey[] => {
    const keys = parseEncryptionKeys(text.split(',').map((pair) => pair.trim()));
    if (keys !== undefined) return keys;
    context.addIssue({
      code: 'custom',
      message: 'is not a list of ID:KEY, each id once and each KEY 32 bytes in base64',
    });
    return z.NEVER;
  });
}

function namedStores() {
  return namedJson(PlacementNameSchema, z.record(z.string(), z.string())).refine((stores) => !stores.has(OWN_STORE), {
    error: `has "${OWN_STORE}", which is the store of the installation`,
    abort: true,
  });
}
