import { QueryClient } from '@tanstack/react-query';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { rowOf } from '../chat-cache';
import { CHATS_KEY } from '../chat-keys';
import { setTag, tagFrom } from './tag-queries';

const row = (id: string, tags: string[]) => ({
  ...{ id, title: id, updated_at: 0, created_at: 0, last_read_at: null, active: false, tags },
});

describe('tags of chats', () => {
  afterEach(() => void vi.unstubAllGlobals());

  it('are shown at once, and taken back where the server refuses', async () => {
    const client = new QueryClient();
    client.setQueryData(CHATS_KEY, { pages: [[row('a', ['old']), row('b', [])]], pageParams: [1] });
    const tagsOf = (id: string) => rowOf(client, id)?.tags;
    vi.stubGlobal('fetch', (request: string) =>
      Promise.resolve(
        request.includes('/b/') ? Response.json({ detail: 'It has 100 tags.' }, { status: 409 }) : Response.json([]),
      ),
    );
    const setting = setTag(client, ['a', 'b'], tagFrom(' River birds'), true);
    expect([tagsOf('a'), tagsOf('b')]).toEqual([['old', 'river_birds'], ['river_birds']]);
    expect((await setting)?.message).toContain('It has 100 tags.');
    expect([tagsOf('a'), tagsOf('b')]).toEqual([['old', 'river_birds'], []]);
    expect(await setTag(client, ['a'], { id: 'old', name: 'Old' }, false)).toBeUndefined();
    expect(tagsOf('a')).toEqual(['river_birds']);
  });

  it('have the ids that the server gives them', () => {
    expect(tagFrom('  Grey Herons of 2026 ')).toEqual({ id: 'grey_herons_of_2026', name: 'Grey Herons of 2026' });
  });
});
