import { defineMigration } from '@perennial/persistence';

/**
 * The transaction that last deleted messages of a chat: a deleted row cannot tell a reader that it is gone. A trigger, so that every version
 * that deletes one says so.
 */
const REMOVED = `
ALTER TABLE chats ADD COLUMN messages_removed xid8;

CREATE FUNCTION mark_removed_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE chats SET messages_removed = pg_current_xact_id() WHERE id IN (SELECT chat_id FROM gone);
  RETURN NULL;
END $$;

CREATE TRIGGER removed_messages AFTER DELETE ON messages
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION mark_removed_messages();
`;

/** Readers learn of deleted messages. */
export const RemovedMessages = defineMigration('RemovedMessages1764800000000', { up: [REMOVED] });
