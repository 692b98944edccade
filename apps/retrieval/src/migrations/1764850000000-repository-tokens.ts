import { defineMigration } from '@perennial/persistence';

/** The token of a private Git repository, encrypted. */
export const RepositoryTokens = defineMigration('RepositoryTokens1764850000000', {
  up: ['ALTER TABLE knowledge_sources ADD COLUMN sealed_token text'],
});
