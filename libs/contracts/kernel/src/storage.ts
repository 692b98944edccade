import { CallError } from './errors';

/** What a user keeps, as a sentence names it, and what makes room. */
export interface StorageKind {
  /** Plural, after "Your", for example `chats`. */
  name: string;
  /** What the user can do, for example `Delete some chats and try again.` */
  advice: string;
}

/**
 * Refuses what would make a user's storage larger than allowed. Both figures are bytes and are passed on in the error's details.
 * @param used with what is about to be written
 * @param limit 0: unlimited
 * @throws CallError PAYLOAD_TOO_LARGE with `{ used, limit }`, which is 413 at the edge
 */
export function assertStorage({ name, advice }: StorageKind, used: number, limit: number): void {
  if (limit === 0 || used <= limit) return;
  const [usedText, limitText] = inUnits(used, limit);
  throw new CallError('PAYLOAD_TOO_LARGE', `Your ${name} take ${usedText} of the ${limitText} allowed. ${advice}`, {
    used,
    limit,
  });
}

/** In the larger unit that tells the two apart: megabytes, else bytes. `used` is rounded up and `limit` down, so that it reads as too much. */
function inUnits(used: number, limit: number): [string, string] {
  const mega = 1_000_000;
  if (limit < mega) return [`${used} bytes`, `${limit} bytes`];
  return [`${Math.ceil(used / mega)} MB`, `${Math.floor(limit / mega)} MB`];
}
