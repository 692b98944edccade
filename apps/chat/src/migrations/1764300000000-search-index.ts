import { defineMigration } from '@perennial/persistence';

const WORDS = `
CREATE TABLE search_words (
  chat_id uuid NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
  -- Empty for the chat's title.
  message_id text NOT NULL,
  -- Lexemes of the application's own tokeniser: words, '~' and grams, '@' and the user.
  words tsvector NOT NULL,
  PRIMARY KEY (chat_id, message_id)
);
CREATE INDEX search_words_words ON search_words USING gin (words);
`;

/**
 * Filled by triggers, so that writes of the previous version, which does not know the index, are noted too. The triggers write in one order,
 * which prevents deadlocks.
 */
const PENDING = `
CREATE SEQUENCE search_noted;
CREATE TABLE search_pending (
  chat_id uuid NOT NULL,
  message_id text NOT NULL,
  noted bigint NOT NULL DEFAULT nextval('search_noted'),
  claimed_at timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (chat_id, message_id)
) WITH (fillfactor = 50);
CREATE INDEX search_pending_noted ON search_pending (noted);

CREATE FUNCTION note_new_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO search_pending (chat_id, message_id)
  SELECT n.chat_id, n.id FROM written n WHERE n.done AND n.content <> '' ORDER BY n.chat_id, n.id
  ON CONFLICT (chat_id, message_id) DO UPDATE SET noted = excluded.noted, claimed_at = '-infinity';
  RETURN NULL;
END $$;
CREATE FUNCTION note_changed_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO search_pending (chat_id, message_id)
  SELECT n.chat_id, n.id FROM written n JOIN replaced o ON o.chat_id = n.chat_id AND o.id = n.id
   WHERE n.done AND (o.content <> n.content OR (NOT o.done AND n.content <> ''))
   ORDER BY n.chat_id, n.id
  ON CONFLICT (chat_id, message_id) DO UPDATE SET noted = excluded.noted, claimed_at = '-infinity';
  RETURN NULL;
END $$;
CREATE FUNCTION note_title() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO search_pending (chat_id, message_id) VALUES (NEW.id, '')
  ON CONFLICT (chat_id, message_id) DO UPDATE SET noted = excluded.noted, claimed_at = '-infinity';
  RETURN NULL;
END $$;
CREATE TRIGGER note_new_messages AFTER INSERT ON messages
  REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_new_messages();
CREATE TRIGGER note_changed_messages AFTER UPDATE ON messages
  REFERENCING OLD TABLE AS replaced NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_changed_messages();
CREATE TRIGGER note_new_title AFTER INSERT ON chats FOR EACH ROW EXECUTE FUNCTION note_title();
CREATE TRIGGER note_changed_title AFTER UPDATE OF title ON chats
  FOR EACH ROW WHEN (OLD.title IS DISTINCT FROM NEW.title) EXECUTE FUNCTION note_title();
`;

/** How far the chats older than the index have been noted, in the order of their ids. */
const WALK = `
CREATE TABLE search_walk (walked uuid, done boolean NOT NULL);
INSERT INTO search_walk (walked, done) SELECT NULL, NOT EXISTS (SELECT 1 FROM chats);
`;

/** The search index of chats: empty at first, filled asynchronously. */
export const SearchIndex = defineMigration('SearchIndex1764300000000', { up: [WORDS, PENDING, WALK] });
