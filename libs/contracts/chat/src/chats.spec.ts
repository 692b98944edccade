import { describe, expect, it } from 'vitest';
import * as chats from './chats';

const chatId = '7e46a2ed-1dc3-4221-a341-a370ad0fe576';
const blob = {
  title: 't'.repeat(5_000),
  models: Array.from({ length: 200 }, (_, index) => `model ${index}`),
  params: Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`key ${index}`, index])),
  history: {
    currentId: 'i'.repeat(300),
    messages: Object.fromEntries(
      Array.from({ length: 10_001 }, (_, index) => [`${index}`, { id: `${index}`, role: 'user', content: 'x' }]),
    ),
  },
};

/** Maxima apply to requests only: a chat that was stored before they existed stays readable. */
describe('a chat beyond every maximum', () => {
  it('is refused in a request', () => {
    const { error } = chats.update.request.safeParse({ chatId, chat: blob });
    expect(error?.issues.map(({ path }) => path.join('.')).sort()).toEqual([
      'chat.history.currentId',
      'chat.history.messages',
      'chat.models',
      'chat.params',
      'chat.title',
    ]);
  });

  it('is accepted in a reply', () => {
    const stored = {
      id: chatId,
      user_id: chatId,
      title: blob.title,
      chat: blob,
      created_at: 1,
      updated_at: 1,
      share_id: null,
      archived: false,
      pinned: false,
      meta: {},
      variables: {},
      folder_id: 'f'.repeat(300),
      current_message_id: null,
      last_read_at: null,
    };
    expect(chats.get.reply.safeParse(stored).error).toBeUndefined();
  });
});
