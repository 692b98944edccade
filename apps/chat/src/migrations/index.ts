import { callResultsMigration } from '@perennial/persistence';
import { ChatSchema } from './1764000000000-chat-schema';

/** All migrations of the service's schema, oldest first. */
export const MIGRATIONS = [ChatSchema, callResultsMigration(1764000000001)];
