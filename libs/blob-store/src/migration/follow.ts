import { jittered, retry, type Runtime } from '@perennial/runtime';
import type { StoreChoice, SwitchedBlobStore } from './switched';

/** A lost notice delays a change, and so a migration, by at most this. */
const POLL_MS = 5_000;
/** A process that has just started stores nothing before it knows where, so that it asks again sooner. */
const FIRST_PAUSE_MS = 300;
const FIRST_ATTEMPTS = 4;

/**
 * Keeps the store of this process at the present choice, and reports which one it has applied: a migration goes on when all have.
 *
 * @param ask reads the choice; a failure leaves the last one in force
 * @returns the function that asks at once, for notices
 */
export function followStoreChoice(
  store: SwitchedBlobStore,
  runtime: Runtime,
  ask: (signal: AbortSignal) => Promise<StoreChoice>,
): () => void {
  runtime.status.provide({ blobStores: () => ({ version: store.choice?.version ?? null, prints: store.prints }) });
  const missed = runtime.metrics.counter(
    'blob_copies_missed_total',
    'New files that were not copied into the second store while files are moved; the migration copies them',
    ['store'],
  );
  const log = runtime.logger('blob-stores');
  store.onMissed = (name, error) => {
    missed.inc({ store: name });
    if (error !== undefined) log.warn({ err: error, store: name }, 'a new file was not copied into the second store');
  };
  const pauseMs = (_: unknown, attempt: number): number | undefined =>
    store.choice === undefined && attempt < FIRST_ATTEMPTS ? jittered(FIRST_PAUSE_MS) : undefined;
  const poll = runtime.every(
    POLL_MS,
    async (signal) => store.use(await retry(() => ask(signal), { pauseMs, signal })),
    {
      name: 'ask which store has the files',
      immediately: true,
      until: 'close',
    },
  );
  return () => poll.trigger();
}
