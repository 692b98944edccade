import { defineMigration } from '@perennial/persistence';

/**
 * What a claim looks for: the users who wait and their oldest runs, how much is written for each of them, and the runs that are
 * suspected of having ended their workers. `runs.swept_at` is no longer read; the version before still writes it.
 */
export const RunClaims = defineMigration('RunClaims1764310000000', {
  up: [
    `CREATE INDEX runs_waiting ON runs (user_id, queued_at) WHERE state = 'queued'`,
    `CREATE INDEX runs_written ON runs (user_id) WHERE state = 'running'`,
    `CREATE INDEX runs_suspected ON runs (queued_at) WHERE state = 'queued' AND deaths >= 2`,
  ],
});
