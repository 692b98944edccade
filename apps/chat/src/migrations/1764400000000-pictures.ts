import { defineMigration } from '@perennial/persistence';

const PICTURES = `
CREATE TABLE pictures (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  sha256 text NOT NULL,
  size bigint NOT NULL,
  content_type text NOT NULL,
  -- Used once: bytes that are to be removed are never referred to again.
  blob_key text NOT NULL UNIQUE,
  -- When it is to be seen whether a message still refers to it; null: one does.
  check_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (user_id, sha256)
);
CREATE INDEX pictures_check ON pictures (check_at) WHERE check_at IS NOT NULL;
CREATE TABLE picture_references (
  picture_id uuid NOT NULL REFERENCES pictures (id),
  chat_id uuid NOT NULL,
  message_id text NOT NULL,
  PRIMARY KEY (chat_id, message_id, picture_id),
  FOREIGN KEY (chat_id, message_id) REFERENCES messages (chat_id, id) ON DELETE CASCADE
);
CREATE INDEX picture_references_picture ON picture_references (picture_id);
-- Bytes whose row is gone; a row here stays until they are, too.
CREATE TABLE picture_removals (blob_key text PRIMARY KEY);
`;

/** References are read from the message itself, so that they are correct whichever version writes it. */
const REFERENCES = `
CREATE FUNCTION pictures_in(parts jsonb, extra jsonb) RETURNS SETOF uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT DISTINCT (m[1])::uuid
    FROM regexp_matches(coalesce(parts::text, '') || coalesce((extra->'files')::text, ''),
                        '/api/v1/files/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/content', 'g') m
$$;
CREATE FUNCTION pictures_of_new_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO picture_references (picture_id, chat_id, message_id)
  SELECT p.id, n.chat_id, n.id
    FROM written n JOIN chats c ON c.id = n.chat_id CROSS JOIN LATERAL pictures_in(n.content_parts, n.extra) r (id)
    JOIN pictures p ON p.id = r.id AND p.user_id = c.user_id
   WHERE n.content_parts IS NOT NULL OR n.extra ? 'files'
     FOR KEY SHARE OF p
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE FUNCTION pictures_of_changed_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO picture_references (picture_id, chat_id, message_id)
  SELECT p.id, n.chat_id, n.id
    FROM written n JOIN replaced o ON o.chat_id = n.chat_id AND o.id = n.id
    JOIN chats c ON c.id = n.chat_id CROSS JOIN LATERAL pictures_in(n.content_parts, n.extra) r (id)
    JOIN pictures p ON p.id = r.id AND p.user_id = c.user_id
   WHERE n.content_parts IS DISTINCT FROM o.content_parts OR n.extra->'files' IS DISTINCT FROM o.extra->'files'
     FOR KEY SHARE OF p
  ON CONFLICT DO NOTHING;
  DELETE FROM picture_references f
   USING written n JOIN replaced o ON o.chat_id = n.chat_id AND o.id = n.id
   WHERE f.chat_id = n.chat_id AND f.message_id = n.id
     AND (n.content_parts IS DISTINCT FROM o.content_parts OR n.extra->'files' IS DISTINCT FROM o.extra->'files')
     AND f.picture_id NOT IN (SELECT pictures_in(n.content_parts, n.extra));
  RETURN NULL;
END $$;
CREATE FUNCTION check_pictures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE pictures SET check_at = now()
   WHERE id IN (SELECT p.id FROM pictures p WHERE p.id IN (SELECT picture_id FROM gone) ORDER BY p.id FOR NO KEY UPDATE);
  RETURN NULL;
END $$;
CREATE TRIGGER pictures_of_new_messages AFTER INSERT ON messages
  REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION pictures_of_new_messages();
CREATE TRIGGER pictures_of_changed_messages AFTER UPDATE ON messages
  REFERENCING OLD TABLE AS replaced NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION pictures_of_changed_messages();
CREATE TRIGGER check_pictures AFTER DELETE ON picture_references
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION check_pictures();
`;

/** Pictures of messages: stored once for each user, referenced by messages, removed with the last reference. */
export const Pictures = defineMigration('Pictures1764400000000', { up: [PICTURES, REFERENCES] });
