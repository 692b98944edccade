import type { Chat } from '@perennial/contracts-wire';
import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { chatKey } from './chat-keys';
import { chatAhead, readChat } from './use-chat';

const chatOf = (revision: string, history: object): Chat =>
  ({ id: 'a', title: 'A', revision, chat: { history: { currentId: 'm9', ...history } } }) as unknown as Chat;
const m = (id: string) => ({ [id]: { id, role: 'user', content: id } });

describe('a read of what is newer', () => {
  afterEach(() => vi.unstubAllGlobals());

  it.each([
    ['is of its moment', undefined, 'r2'],
    ['is of the moment before, when earlier messages came meanwhile: what changed of them is not in it', m('m4'), 'r1'],
  ])('%s', async (_, earlier, revision) => {
    const client = new QueryClient();
    client.setQueryData(chatKey('a'), chatOf('r1', { before: 'm5', messages: m('m5') }));
    vi.stubGlobal('fetch', () => {
      if (earlier)
        client.setQueryData(chatKey('a'), chatOf('r1', { before: 'm4', messages: { ...earlier, ...m('m5') } }));
      return Promise.resolve(new Response(JSON.stringify(chatOf('r2', { since: 'r1', messages: m('m9') }))));
    });
    const read = await readChat(client, 'a');
    expect(read.revision).toBe(revision);
    expect(Object.keys(read.chat.history!.messages)).toEqual([...(earlier ? ['m4'] : []), 'm5', 'm9']);
  });
});

describe('a read of a chat that is not opened', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('is not repeated while the server is away, unless the chat is opened meanwhile', async () => {
    const client = new QueryClient({ defaultOptions: { queries: { retryDelay: 1 } } });
    let asked = 0;
    vi.stubGlobal('fetch', () => {
      asked += 1;
      return Promise.resolve(new Response('{}', { status: 503 }));
    });
    await expect(client.fetchQuery(chatAhead(client, 'a'))).rejects.toThrow();
    expect(asked).toBe(1);
    const reading = client.fetchQuery(chatAhead(client, 'b'));
    const close = new QueryObserver(client, chatAhead(client, 'b')).subscribe(() => undefined);
    await expect(reading).rejects.toThrow();
    expect(asked).toBe(6);
    close();
  });
});
