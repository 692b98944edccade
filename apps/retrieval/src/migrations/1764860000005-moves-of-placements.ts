import { defineMigration } from '@perennial/persistence';

/** Finds the files that are on their way to a base, and whether one file is. */
export const MovesOfPlacements = defineMigration('MovesOfPlacements1764860000005', {
  up: `CREATE INDEX CONCURRENTLY IF NOT EXISTS placements_moved ON placements (moved_to, file_id) WHERE moved_to IS NOT NULL`,
  transaction: false,
});
