import { defineMigration } from '@perennial/persistence';

/** Finds the removals of whole bases, among those of files. */
export const RemovalsOfBases = defineMigration('RemovalsOfBases1764860000006', {
  up: `CREATE INDEX CONCURRENTLY IF NOT EXISTS removals_of_base ON removals (scope) WHERE kind = 'scope'`,
  transaction: false,
});
