import { defineMigration } from '@perennial/persistence';

/**
 * The bytes of each user's chats. Triggers add and subtract in the transaction that writes, in every version, so the figure stays correct
 * after a kill or a rollback. `counted` is false while the figure is incomplete: before the first count, and after chats were deleted. The
 * next check counts again.
 */
const USAGE = `
CREATE TABLE storage_used (
  user_id uuid PRIMARY KEY,
  bytes bigint NOT NULL DEFAULT 0,
  counted boolean NOT NULL DEFAULT false
) WITH (fillfactor = 50);

CREATE FUNCTION message_bytes(content text, parts jsonb, output jsonb, extra jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT 200 + octet_length(content) + coalesce(octet_length(parts::text), 0) + coalesce(octet_length(output::text), 0) + octet_length(extra::text)
$$;
CREATE FUNCTION chat_bytes(params jsonb, extra jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT 500::bigint + octet_length(params::text) + octet_length(extra::text)
$$;
CREATE FUNCTION add_usage(owner_id uuid, added bigint) RETURNS void LANGUAGE sql AS $$
  INSERT INTO storage_used (user_id, bytes) VALUES (owner_id, added) ON CONFLICT (user_id) DO UPDATE SET bytes = storage_used.bytes + excluded.bytes
$$;

-- Their names make them the last of a statement's triggers: whoever holds a user's row waits for no other row.
CREATE FUNCTION usage_of_new_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM add_usage(u.user_id, u.bytes) FROM (
    SELECT c.user_id, sum(message_bytes(n.content, n.content_parts, n.output, n.extra))::bigint AS bytes
      FROM written n JOIN chats c ON c.id = n.chat_id GROUP BY c.user_id ORDER BY c.user_id) u;
  RETURN NULL;
END $$;
CREATE FUNCTION usage_of_changed_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM add_usage(u.user_id, u.bytes) FROM (
    SELECT c.user_id, sum(message_bytes(n.content, n.content_parts, n.output, n.extra)
                          - message_bytes(o.content, o.content_parts, o.output, o.extra))::bigint AS bytes
      FROM written n JOIN replaced o ON o.chat_id = n.chat_id AND o.id = n.id JOIN chats c ON c.id = n.chat_id
     GROUP BY c.user_id ORDER BY c.user_id) u
   WHERE u.bytes <> 0;
  RETURN NULL;
END $$;
CREATE FUNCTION usage_of_new_chat() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM add_usage(NEW.user_id, chat_bytes(NEW.params, NEW.extra));
  RETURN NULL;
END $$;
CREATE FUNCTION usage_of_changed_chat() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM add_usage(NEW.user_id, chat_bytes(NEW.params, NEW.extra) - chat_bytes(OLD.params, OLD.extra));
  RETURN NULL;
END $$;
CREATE FUNCTION usage_of_deleted_chats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE storage_used SET counted = false
   WHERE user_id IN (SELECT u.user_id FROM storage_used u WHERE u.user_id IN (SELECT user_id FROM gone) ORDER BY u.user_id FOR NO KEY UPDATE);
  RETURN NULL;
END $$;
CREATE FUNCTION usage_of_picture() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN PERFORM add_usage(NEW.user_id, NEW.size); ELSE PERFORM add_usage(OLD.user_id, -OLD.size); END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER usage_of_new_messages AFTER INSERT ON messages
  REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION usage_of_new_messages();
CREATE TRIGGER usage_of_changed_messages AFTER UPDATE ON messages
  REFERENCING OLD TABLE AS replaced NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION usage_of_changed_messages();
CREATE TRIGGER usage_of_new_chat AFTER INSERT ON chats FOR EACH ROW EXECUTE FUNCTION usage_of_new_chat();
CREATE TRIGGER usage_of_changed_chat AFTER UPDATE OF params, extra ON chats
  FOR EACH ROW WHEN (OLD.params IS DISTINCT FROM NEW.params OR OLD.extra IS DISTINCT FROM NEW.extra) EXECUTE FUNCTION usage_of_changed_chat();
CREATE TRIGGER usage_of_deleted_chats AFTER DELETE ON chats
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION usage_of_deleted_chats();
CREATE TRIGGER usage_of_picture AFTER INSERT OR DELETE ON pictures FOR EACH ROW EXECUTE FUNCTION usage_of_picture();
`;

/** The bytes of each user's chats and pictures. */
export const Usage = defineMigration('Usage1764500000000', { up: [USAGE] });
