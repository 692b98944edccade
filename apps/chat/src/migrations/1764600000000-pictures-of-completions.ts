import { defineMigration } from '@perennial/persistence';

/**
 * The keys of a message are null in references of a run. The previous version checks only whether any row references a picture, so it sees
 * these too.
 */
const REFERENCES_OF_RUNS = `
ALTER TABLE picture_references DROP CONSTRAINT picture_references_pkey;
ALTER TABLE picture_references
  ALTER COLUMN chat_id DROP NOT NULL,
  ALTER COLUMN message_id DROP NOT NULL,
  ADD COLUMN run_id uuid REFERENCES runs (id) ON DELETE CASCADE,
  ADD CONSTRAINT picture_references_one CHECK ((message_id IS NULL) <> (run_id IS NULL));
CREATE UNIQUE INDEX picture_references_message ON picture_references (chat_id, message_id, picture_id);
CREATE UNIQUE INDEX picture_references_run ON picture_references (run_id, picture_id) WHERE run_id IS NOT NULL;
`;

/**
 * A picture that was sent again is kept until its message or run exists, even if its last reference is removed meanwhile: a client sends the
 * same picture with each request of a conversation. Pictures are locked in the order of their hashes, as in the call that keeps them: two
 * requests with the same pictures would deadlock otherwise.
 */
const WAITED_FOR = `
CREATE FUNCTION pictures_have_come() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE pictures SET check_at = NULL
   WHERE id IN (SELECT p.id FROM pictures p WHERE p.id IN (SELECT picture_id FROM come) AND p.check_at IS NOT NULL
                 ORDER BY p.sha256, p.id FOR NO KEY UPDATE);
  RETURN NULL;
END $$;
CREATE TRIGGER pictures_have_come AFTER INSERT ON picture_references
  REFERENCING NEW TABLE AS come FOR EACH STATEMENT EXECUTE FUNCTION pictures_have_come();
CREATE OR REPLACE FUNCTION check_pictures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE pictures SET check_at = greatest(check_at, now())
   WHERE id IN (SELECT p.id FROM pictures p WHERE p.id IN (SELECT picture_id FROM gone) ORDER BY p.sha256, p.id FOR NO KEY UPDATE);
  RETURN NULL;
END $$;
`;

/** Plain completions reference their pictures as messages do, until they have ended. */
export const PicturesOfCompletions = defineMigration('PicturesOfCompletions1764600000000', {
  up: [REFERENCES_OF_RUNS, WAITED_FOR],
});
