import { defineMigration } from '@perennial/persistence';

/** Finds the files of a directory. */
export const DirectoriesOfPlacements = defineMigration('DirectoriesOfPlacements1764860000004', {
  up: `CREATE INDEX CONCURRENTLY IF NOT EXISTS placements_of_directory ON placements (directory_id)
        WHERE directory_id IS NOT NULL`,
  transaction: false,
});
