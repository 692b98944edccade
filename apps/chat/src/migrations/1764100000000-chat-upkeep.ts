import { defineMigration } from '@perennial/persistence';

/** What the pruning of old rows, and a first message that comes again, look for, so that neither reads a table whole. */
export const ChatUpkeep = defineMigration('ChatUpkeep1764100000000', {
  up: [
    `CREATE INDEX runs_ended_turns ON runs (ended_at) WHERE kind = 'turn' AND terminal IS NOT NULL`,
    `CREATE INDEX runs_of_message ON runs (message_id, user_id) WHERE chat_id IS NOT NULL`,
    `CREATE INDEX side_effects_done ON side_effects (ended_at) WHERE state = 'done'`,
  ],
});
