import { InvalidKeyError } from './errors';

const SEGMENT = '[A-Za-z0-9_-]{1,128}';
const KEY = new RegExp(`^${SEGMENT}(?:/${SEGMENT}){0,15}$`);
const PREFIX = new RegExp(`^(?:${SEGMENT}(?:/${SEGMENT}){0,15}/?)?$`);

/** Neither a dot nor a leading slash nor an empty segment is possible, so no key ever leaves the store's directory or prefix. */
export function checkKey(key: string): string {
  if (!KEY.test(key)) throw new InvalidKeyError();
  return key;
}

/** What `list` may ask for: a key, or the beginning of one. */
export function checkPrefix(prefix: string): string {
  if (!PREFIX.test(prefix)) throw new InvalidKeyError();
  return prefix;
}

/** Whether a name that was found in the store is a key of ours; others may share a bucket or a directory. */
export function isKey(name: string): boolean {
  return KEY.test(name);
}
