/** Slots of a Cluster are moved one by one; 64 groups of keys are enough to fill any sensible number of nodes evenly. */
const BUCKETS = 64;
/** Owner of the channels that many processes listen to: one slot, so that a process needs one connection for them. */
export const TO_ALL = 'all';

/**
 * Where keys go. One script may only touch keys of one slot on a Cluster, so keys that belong together have an owner (a service, a process, a
 * run) and get the prefix of that owner. On a single Redis, also behind sentinels, it is the same prefix for all.
 */
export class Keyspace {
  constructor(
    /** First part of every key. */
    readonly prefix: string,
    /** On a Cluster. */
    readonly isSharded: boolean,
  ) {}

  /** First part of the keys and channels of one owner: `perennial`, on a Cluster `perennial:{17}`. */
  of(owner: string): string {
    return this.isSharded ? `${this.prefix}:{${bucketOf(owner)}}` : this.prefix;
  }
}

/** FNV-1a: the same in every process and version. */
function bucketOf(owner: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < owner.length; at += 1) hash = Math.imul(hash ^ owner.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % BUCKETS;
}
