import { z } from 'zod';

/** Name of a placement that the operator declares in `PLACEMENTS`. People without one are placed in the installation's own stores. */
export const PlacementNameSchema = z
  .string()
  .max(40)
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and "-", a letter first, at most 40');

/** First segment of the keys of placed blobs. */
const PLACED = 'at';

/**
 * The key of a blob of somebody with this placement: the key itself says in which store it is, so bytes stay readable where they lie
 * when their owner is placed elsewhere.
 *
 * @param placement null and undefined: the installation's own store
 */
export function placedKey(placement: string | null | undefined, key: string): string {
  return placement == null ? key : `${PLACED}/${placement}/${key}`;
}

/** The placement in whose store a blob is; undefined: the installation's own. */
export function placementOfKey(key: string): string | undefined {
  const [first, name, ...rest] = key.split('/');
  return first === PLACED && rest.length > 0 ? name : undefined;
}
