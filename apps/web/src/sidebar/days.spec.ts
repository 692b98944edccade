import type { ChatListItem } from '@perennial/contracts-wire';
import { expect, it } from 'vitest';
import { byDay } from './days';

it('groups chats by the days of the reader, the newest first', () => {
  const now = new Date(2026, 10, 30, 9);
  const chat = (id: string, ...at: [number, number, number, number]): ChatListItem => {
    const seconds = new Date(...at).getTime() / 1_000;
    return { id, title: id, created_at: seconds, updated_at: seconds, last_read_at: null, active: false };
  };
  const chats = [
    // The clock of the server is ahead.
    chat('ahead', 2026, 10, 30, 10),
    chat('midnight', 2026, 10, 30, 0),
    chat('evening', 2026, 10, 29, 23),
    chat('week', 2026, 10, 24, 12),
    chat('month', 2026, 10, 2, 12),
    chat('october', 2026, 9, 3, 12),
    chat('last year', 2025, 9, 3, 12),
  ];
  expect(byDay(chats, now).map(({ name, chats }) => [name, chats.map(({ id }) => id)])).toEqual([
    ['Today', ['ahead', 'midnight']],
    ['Yesterday', ['evening']],
    ['Previous 7 days', ['week']],
    ['Previous 30 days', ['month']],
    ['October 2026', ['october']],
    ['October 2025', ['last year']],
  ]);
  expect(byDay([], now)).toEqual([]);
});
