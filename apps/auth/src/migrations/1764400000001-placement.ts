import { defineMigration } from '@perennial/persistence';

export const Placement = defineMigration('Placement1764400000001', {
  // Null: the installation's own stores. The names are declared in the environment, so no table has them.
  up: ['ALTER TABLE users ADD COLUMN placement text'],
});
