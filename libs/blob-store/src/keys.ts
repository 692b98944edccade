import { InvalidKeyError } from './errors';

const SEGMENT = '[A-Za-z0-9_-]{1,128}';
const PATH = `${SEGMENT}(?:/${SEGMENT}){0,15}`;
const KEY = new RegExp(`^(?:enc/)?${PATH}$`);
const PREFIX = new RegExp(`^(?:enc/)?(?:${PATH}/?)?$`);
/** First segment of the keys under which encrypted blobs are stored; no key that a caller gives has it. */
const SEALED = 'enc/';

/**
 * A dot, a leading slash and an empty segment are impossible, so no key ever leaves the store's directory or prefix.
 */
export function checkKey(key: string): string {
  if (!KEY.test(key)) throw new InvalidKeyError();
  return key;
}

/** A prefix for `list`: a key, or the beginning of one. */
export function checkPrefix(prefix: string): string {
  if (!PREFIX.test(prefix)) throw new InvalidKeyError();
  return prefix;
}

/** Whether a name in the store is a key of ours; others may share the bucket or directory. */
export function isKey(name: string): boolean {
  return KEY.test(name);
}

/** Where the encrypted blob of a key is stored. */
export const toSealedKey = (key: string): string => `${SEALED}${key}`;

/** The key of a blob that is stored encrypted under this name; undefined for a plain one. */
export function keyOfSealed(name: string): string | undefined {
  return name.startsWith(SEALED) ? name.slice(SEALED.length) : undefined;
}
