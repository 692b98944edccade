import { defineMigration } from '@perennial/persistence';

export const Settings = defineMigration('Settings1764500000001', {
  // A row exists once an administrator has saved something; before that the environment variables apply.
  up: ['CREATE TABLE settings (key text PRIMARY KEY, value jsonb NOT NULL)'],
});
