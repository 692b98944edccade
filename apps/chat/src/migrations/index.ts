import { ChatSchema1764000000000 } from './1764000000000-chat-schema';

/** All migrations of the service's schema, oldest first. */
export const MIGRATIONS = [ChatSchema1764000000000];
