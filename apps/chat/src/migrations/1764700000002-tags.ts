import { defineMigration } from '@perennial/persistence';

/** How each user writes their tags. The tags of a chat are ids in its `meta`, where imports have put them since the first version. */
export const Tags = defineMigration('Tags1764700000002', {
  up: `CREATE TABLE tags (
  user_id uuid NOT NULL,
  id text NOT NULL,
  name text NOT NULL,
  PRIMARY KEY (user_id, id)
)`,
});
