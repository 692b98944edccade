import { CallError } from './errors';

/** A kind of storage that counts against a user's limit, as error texts name it, and how to free some. */
export interface StorageKind {
  /** Plural, after "Your", for example `chats`. */
  name: string;
  /** What the user can do, for example `Delete some chats and try again.` */
  advice: string;
}

/**
 * Throws if a user's storage would exceed the limit. Both figures are bytes and are passed on in the error's details.
 *
 * @param used including the data about to be written
 * @param limit 0: unlimited
 * @throws CallError PAYLOAD_TOO_LARGE with `{ used, limit }`, which is 413 at the edge
 */
export function assertStorage({ name, advice }: StorageKind, used: number, limit: number): void {
  if (limit === 0 || used <= limit) return;
  const [usedText, limitText] = inUnits(used, limit);
  throw new CallError('PAYLOAD_TOO_LARGE', `Your ${name} take ${usedText} of the ${limitText} allowed. ${advice}`, {
    problem: 'storage_full',
    used,
    limit,
  });
}

/**
 * Formats both figures in the largest unit in which they differ. `used` is rounded up and `limit` down, so that `used` never reads as
 * allowed.
 */
function inUnits(used: number, limit: number): [string, string] {
  const mega = 1_000_000;
  if (limit < mega) return [`${used} bytes`, `${limit} bytes`];
  return [`${Math.ceil(used / mega)} MB`, `${Math.floor(limit / mega)} MB`];
}
