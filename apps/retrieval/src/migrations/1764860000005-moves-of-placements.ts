import { defineMigration } from '@perennial/persistence';

/** Finds the files that are on their way to another base. */
export const MovesOfPlacements = defineMigration('MovesOfPlacements1764860000005', {
  up: 'CREATE INDEX CONCURRENTLY IF NOT EXISTS placements_moved ON placements (file_id) WHERE moved_to IS NOT NULL',
  transaction: false,
});
