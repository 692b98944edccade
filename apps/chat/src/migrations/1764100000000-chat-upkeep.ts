import { defineMigration } from '@perennial/persistence';

/** Indexes for the pruning of old rows and for a repeated first message, so that neither scans a table. */
export const ChatUpkeep = defineMigration('ChatUpkeep1764100000000', {
  up: [
    `CREATE INDEX runs_ended_turns ON runs (ended_at) WHERE kind = 'turn' AND terminal IS NOT NULL`,
    `CREATE INDEX runs_of_message ON runs (message_id, user_id) WHERE chat_id IS NOT NULL`,
    `CREATE INDEX side_effects_done ON side_effects (ended_at) WHERE state = 'done'`,
  ],
});
