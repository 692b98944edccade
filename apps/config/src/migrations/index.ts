import { callResultsMigration } from '@perennial/persistence';
import { Configuration } from './1763800000001-configuration';

/** All migrations of schema `config`, oldest first. */
export const configMigrations = [Configuration, callResultsMigration(1763800000002)];
