import type { Owners } from '@perennial/e2e/support/owners';
import type { Random } from '@perennial/e2e/support/random';
import type { Ground } from '../ground/ground';
import type { LostTail } from '../record/history';
import type { Moments } from './moments';
import type { NemesisName } from './outages';

/** What a nemesis acts on. */
export interface Field {
  ground: Ground;
  owners: Owners;
  moments: Moments;
  /** A process of this service was killed, for the count. */
  killed(service: string): void;
  /** A failover has lost these commits. */
  forgot(tail: LostTail): void;
}

/** One kind of fault. It chooses its victim by `random` alone, so that a fault of a seed is always the same. */
export interface Nemesis {
  name: NemesisName;
  /** How often it is chosen, relative to others. */
  weight: number;
  /** Why it cannot be done on this ground; undefined: it can. */
  missing?(ground: Ground): string | undefined;
  /** Waits until it can be done: no outage has begun meanwhile. */
  prepare?(field: Field): Promise<void>;
  /** Does it, and undoes it; resolves to what was done, in a few words. */
  apply(field: Field, random: Random): Promise<string>;
  /** Afterwards, before the next fault: people must not notice it any more. */
  heal?(field: Field): Promise<void>;
}
