import type { Excuse } from '../record/history';

/** What people may notice of a fault. */
export interface OutageRule {
  /** Null: nothing. */
  excuses: Excuse | null;
  /** How long after the end of the fault (milliseconds): requests that overlap this time. */
  tailMs: number;
  /** How long after its beginning (milliseconds) anything may be noticed. */
  afterMs?: number;
  /** No process can take over until it has ended. */
  stopsTakeOvers: boolean;
  /** Nobody is taken for dead by what was seen before it: otherwise everybody would be, after the database was away. */
  restartsDetection?: true;
}

/**
 * Until all processes have connected again, for requests that begin after the fault. One that was under way when it began may also fail later: at
 * the deadline of a call that was lost.
 */
const RECOVERY_MS = 2_500;
/** A connection to a killed gateway breaks at once. */
const BROKEN_MS = 1_000;
/** A provider's stream that says nothing any more is given up, and its answer is tried again or fails. */
const SILENT_PROVIDER_MS = 60_000;

/**
 * A gateway that is told to stop serves on for so long (`SHUTDOWN_DELAY_MS`). Then it closes the connections that nobody has used meanwhile: HTTP/1.1
 * cannot tell a client that sends at that very moment.
 */
const LEAVES_MS = 5_000;

const nothing: OutageRule = { excuses: null, tailMs: 0, stopsTakeOvers: false };
const broken: OutageRule = { excuses: 'broken connections', tailMs: BROKEN_MS, stopsTakeOvers: false };
const store: OutageRule = { excuses: 'all', tailMs: RECOVERY_MS, stopsTakeOvers: true };
const database: OutageRule = { ...store, restartsDetection: true };

/**
 * The outage of every fault. One replica of several is never one: nobody notices. A killed gateway breaks the connections that it holds; their
 * clients connect again. A change of this table changes what the product promises: docs/failure-modes.md says the same.
 */
export const OUTAGES = {
  'kill one': nothing,
  'kill a gateway': broken,
  'kill an owner': nothing,
  'kill two': nothing,
  'kill all of a service': { ...store, stopsTakeOvers: false },
  'kill all workers': store,
  'kill everything': store,
  'pause one': nothing,
  'pause a worker for long': nothing,
  'restart one': nothing,
  'restart a gateway': { ...broken, afterMs: LEAVES_MS, tailMs: 0 },
  'block a loop': nothing,
  'redis is emptied': store,
  'redis restarts empty': store,
  'redis is full': store,
  'redis pauses': store,
  'redis fails over': store,
  'postgres restarts': database,
  'postgres stops at once': database,
  'postgres is killed': database,
  'postgres fails over': database,
  'postgres fails over and forgets': database,
  'a link breaks': nothing,
  "a gateway's link breaks": nothing,
  'a link is slow': nothing,
  'a link is silent': nothing,
  "a gateway's link is silent": { ...nothing, excuses: 'all', tailMs: RECOVERY_MS },
  'names are slow': nothing,
  'names are not found': nothing,
  "a gateway's names are slow": { ...nothing, excuses: 'all', tailMs: RECOVERY_MS },
  "the provider's name is slow": nothing,
  'the provider is cut off': { ...nothing, excuses: 'answers' },
  'the provider is silent': { ...nothing, excuses: 'answers', tailMs: SILENT_PROVIDER_MS },
  'people are cut off': broken,
  'people have a slow network': nothing,
  'a clock is wrong': nothing,
  'the disk is full': { ...nothing, excuses: 'uploads', tailMs: BROKEN_MS },
} as const satisfies Record<string, OutageRule>;

export type NemesisName = keyof typeof OUTAGES;
