import { InvalidKeyError } from './errors';

const SEGMENT = '[A-Za-z0-9_-]{1,128}';
const KEY = new RegExp(`^${SEGMENT}(?:/${SEGMENT}){0,15}$`);
const PREFIX = new RegExp(`^(?:${SEGMENT}(?:/${SEGMENT}){0,15}/?)?$`);

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
