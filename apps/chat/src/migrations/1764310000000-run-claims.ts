import { defineMigration } from '@perennial/persistence';

/**
 * Indexes for claims: the waiting users and their oldest runs, the number of running answers of each, and the runs that are suspected of
 * having killed their workers. `runs.swept_at` is no longer read; the previous version still writes it.
 */
export const RunClaims = defineMigration('RunClaims1764310000000', {
  up: [
    `CREATE INDEX runs_waiting ON runs (user_id, queued_at) WHERE state = 'queued'`,
    `CREATE INDEX runs_written ON runs (user_id) WHERE state = 'running'`,
    `CREATE INDEX runs_suspected ON runs (queued_at) WHERE state = 'queued' AND deaths >= 2`,
  ],
});
