import { createHash } from 'node:crypto';
import { type Keyspace, TO_ALL } from '../redis/keyspace';

/** Owner of the registry: one script touches the list of gateways and the set of one. */
const REGISTRY = 'registry';

/**
 * Names of all keys and channels of the token path. The keys of one run share a hash tag (on a Cluster that of its bucket, which comes first);
 * the scripts derive the meta key from the stream key
 * (last letter `s` -> `m`), because a second 50-byte key per run and flush would cost more than the text.
 */
export class RunKeys {
  constructor(readonly keyspace: Keyspace) {}

  /** Stream of one run: entries `<generation>-<end offset>` with the field `t`. */
  stream(runId: string): string {
    return `${this.keyspace.of(runId)}:run:{${runId}}:s`;
  }

  /** Hash of one run: e(poch) g(eneration) o(ffset) b(ases) i(dentity) t(erminal) w(riter of the epoch). */
  meta(runId: string): string {
    return `${this.keyspace.of(runId)}:run:{${runId}}:m`;
  }

  /** Sorted set of gateway tags by the time of their last heartbeat. */
  get gateways(): string {
    return `${this.keyspace.of(REGISTRY)}:gateways`;
  }

  /** Set of one gateway's subscriptions: `u:<userId>` (sockets) and `r:<runId>` (followers). */
  held(gateway: string): string {
    return `${this.keyspace.of(REGISTRY)}:held:${gateway}`;
  }

  /** Channel of the live frames for one gateway. */
  live(gateway: string): string {
    return `${this.keyspace.of(gateway)}:live:${gateway}`;
  }

  /** Channel on which gateways announce new subscriptions and unknown aliases to workers. */
  get interest(): string {
    return `${this.keyspace.of(TO_ALL)}:interest`;
  }
}

/** A process id is up to 60 bytes and goes into 100 frames a second; 48 bits of its hash are enough. */
export function shortTag(processId: string): string {
  return createHash('sha1').update(processId).digest('base64url').slice(0, 8);
}

export const userKey = (userId: string): string => `u:${userId}`;
export const runKey = (runId: string): string => `r:${runId}`;
