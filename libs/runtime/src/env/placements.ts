import { createHash } from 'node:crypto';
import { PlacementNameSchema } from '@perennial/contracts-kernel';
import { z } from 'zod';
import { namedJson } from './named-json';
import { variable } from './variables';

/** `default`: the store of the installation. Otherwise the variables of a store of its own, as the environment would have them. */
const StoreSchema = z.union([z.literal('default'), z.record(z.string(), z.string())]);

const PlacementSchema = z.strictObject({
  blobs: StoreSchema,
  vectors: StoreSchema,
  /** Tags or URLs of the model connections, and URLs of the embedder (`local` for the local one). */
  connections: z.array(z.string().min(1)).transform((names) => names.map(withoutSlash)),
});

/** Where the data of some people is kept, and which model servers may see it. */
export type Placement = z.output<typeof PlacementSchema>;

/** All placements by name. A person with a name that is not here is refused everything that a placement rules. */
export type Placements = ReadonlyMap<string, Placement>;

/** For every service: each one enforces the placement of the person on whose behalf it is called. */
export const placementEnv = {
  PLACEMENTS: variable(
    namedJson(PlacementNameSchema, PlacementSchema).default((): Placements => new Map()),
    {
      description:
        'Named placements as JSON (docs/deploy/placements.md): for each its store of files, its store of vectors, and the model connections that people with it may use. The same for all services.',
      example:
        '{"eu": {"blobs": {"STORAGE_PROVIDER": "s3", "S3_BUCKET_NAME": "eu"}, "vectors": "default", "connections": ["eu"]}}',
      secret: true,
    },
  ),
};

/**
 * Whether data of this placement may be sent to a model server.
 *
 * @param placement null and undefined: no placement, so every server
 * @param names the URL and the tags of the connection
 */
export function allowsConnection(
  all: Placements,
  placement: string | null | undefined,
  names: readonly string[],
): boolean {
  if (placement == null) return true;
  const allowed = all.get(placement)?.connections ?? [];
  return names.some((name) => allowed.includes(withoutSlash(name)));
}

/** Names of variables whose values are secret; a secret inside a URL is left out of any. */
const SECRET = /(KEYS?|KEY_ID|SECRET|TOKEN|PASSWORD|CREDENTIALS|JSON|CONNECTION_STRING)$/;
const PRINT_CHARS = 12;

/**
 * A fingerprint of each definition, by name: two processes with the same one store in the same places and allow the same servers. Secrets are
 * not in it, so it may be shown, and a key may be changed process by process.
 */
export function placementPrints(all: Placements): Record<string, string> {
  return Object.fromEntries(
    [...all].map(([name, { blobs, vectors, connections }]) => {
      return [name, toPrint([publicPart(blobs), publicPart(vectors), [...connections].sort()])];
    }),
  );
}

/** The same of the variables of one store. */
export function storePrint(variables: Readonly<Record<string, string>>): string {
  return toPrint(publicPart(variables));
}

function toPrint(definition: unknown): string {
  return createHash('sha256').update(JSON.stringify(definition)).digest('hex').slice(0, PRINT_CHARS);
}

function publicPart(store: Placement['blobs']): unknown {
  if (store === 'default') return store;
  return Object.entries(store)
    .filter(([name]) => !SECRET.test(name))
    .map(([name, value]) => [name, value.replace(/:\/\/[^/]*@/, '://').replace(/\?.*$/, '')])
    .sort(([a = ''], [b = '']) => a.localeCompare(b));
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
