import { QueryClient } from '@tanstack/react-query';
import { describe, expect, it } from 'vitest';
import { rowOf } from '../chat-cache';
import { CHATS_KEY } from '../chat-keys';
import { mark } from './marks';

const row = (id: string) => ({ id, title: id, updated_at: 0, created_at: 0, last_read_at: null, active: false });

describe('marking chats', () => {
  it('shows it at once, a few requests at a time, and takes it back where it was refused', async () => {
    const client = new QueryClient();
    const ids = Array.from({ length: 12 }, (_, at) => String(at));
    client.setQueryData(CHATS_KEY, { pages: [ids.map(row)], pageParams: [1] });
    const marked = () => ids.filter((id) => rowOf(client, id)?.archived === true);
    let [underWay, most] = [0, 0];
    const marking = mark(client, {
      ids,
      change: { archived: true },
      back: { archived: false },
      send: async (id) => {
        most = Math.max(most, ++underWay);
        await Promise.resolve();
        underWay -= 1;
        if (id === '3') throw new Error('Full.');
      },
    });
    expect(marked()).toEqual(ids);
    expect((await marking)?.message).toBe('Full.');
    expect(marked()).toEqual(ids.filter((id) => id !== '3'));
    expect(most).toBe(4);
  });
});
