import { flag, placementEnv, urlOf, variable } from '@perennial/runtime';
import { z } from 'zod';

/** Variables of the blob store, for the services that keep or read files; with `blobStoreRules` as the schema's refinement. */
export const blobStoreEnv = {
  ...placementEnv,
  STORAGE_PROVIDER: variable(z.enum(['local', 's3']).default('local'), {
    description: 'Where uploaded files are kept: `local` is a directory, `s3` a bucket of any S3-compatible store.',
  }),
  DATA_DIR: variable(z.string().min(1).default('data'), {
    description:
      'Directory for data on disk; the same one for all services. With several hosts it has to be shared between them, or use `s3`.',
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
};

/** What `createBlobStore` takes; the parsed environment of a service that spreads `blobStoreEnv` is one. */
export type BlobStoreConfig = z.output<z.ZodObject<typeof blobStoreEnv>>;

/** A placement's own store has the same variables, and each of them counts: a misspelt one must not leave data in the wrong place. */
const { PLACEMENTS: _, ...storeEnv } = blobStoreEnv;
const placedStore = z.strictObject(storeEnv);

/** The own stores of the placements that have one, by name. */
export function placedBlobConfigs({
  PLACEMENTS,
}: Pick<BlobStoreConfig, 'PLACEMENTS'>): Map<string, z.ZodSafeParseResult<BlobStoreConfig>> {
  const own = [...PLACEMENTS].flatMap(([name, { blobs }]) => (blobs === 'default' ? [] : [[name, blobs] as const]));
  return new Map(
    own.map(([name, blobs]) => [
      name,
      placedStore
        .transform((config) => ({ ...config, PLACEMENTS: new Map() }))
        .superRefine((config, context) => {
          blobStoreRules(config, context);
          if (config.STORAGE_PROVIDER === 'local' && blobs.DATA_DIR === undefined)
            context.addIssue({ code: 'custom', path: ['DATA_DIR'], message: 'is needed with STORAGE_PROVIDER=local' });
        })
        .safeParse(blobs),
    ]),
  );
}

/** Constraints between the variables: `z.object({ ...blobStoreEnv }).superRefine(blobStoreRules)`. */
export function blobStoreRules(env: BlobStoreConfig, context: z.core.$RefinementCtx): void {
  const refuse = (path: keyof BlobStoreConfig, message: string): void =>
    context.addIssue({ code: 'custom', path: [path], message });
  for (const [name, { error }] of placedBlobConfigs(env))
    for (const { path, message } of error?.issues ?? [])
      refuse('PLACEMENTS', `has a wrong store of files for "${name}": ${[...path, message].join(' ')}`);
  if (env.STORAGE_PROVIDER !== 's3') return;
  if (env.S3_BUCKET_NAME === undefined) refuse('S3_BUCKET_NAME', 'is needed with STORAGE_PROVIDER=s3');
  if ((env.S3_ACCESS_KEY_ID === undefined) !== (env.S3_SECRET_ACCESS_KEY === undefined)) {
    const missing = env.S3_ACCESS_KEY_ID === undefined ? 'S3_ACCESS_KEY_ID' : 'S3_SECRET_ACCESS_KEY';
    refuse(missing, 'is needed beside the other half of the key');
  }
}
