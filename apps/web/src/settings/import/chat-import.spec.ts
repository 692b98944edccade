import { ApiError, call, OfflineError, routes } from '@perennial/web-client';
import { describe, expect, it } from 'vitest';
import { ChatImport, entriesIn } from './chat-import';

const entry = (title: string, updated_at = 0) => ({
  ...{ title, updated_at, chat: { history: { messages: { q: { id: 'q', role: 'user', content: title } } } } },
});

/** An import of which the server answers as it is told to. */
function start(entries: unknown[], answers: Readonly<Record<string, () => Error | undefined>> = {}) {
  const sent: string[] = [];
  const keys = new Set<string>();
  const chats = new ChatImport(entriesIn('x.json', JSON.stringify(entries)), (blob, key) => {
    const title = String(blob['title']);
    sent.push(title);
    keys.add(key);
    const error = answers[title]?.();
    return error ? Promise.reject(error) : Promise.resolve();
  });
  return { chats, sent, keys };
}

describe('the import of chats', () => {
  it('sends the oldest first, and says which entries could not be', async () => {
    const refuse = () => new ApiError(422, 'It is too long.', false);
    const { chats, sent } = start([entry('New', 3), { name: 'Nothing' }, entry('Bad', 2), entry('Old', 1)], {
      Bad: refuse,
    });
    await chats.run();
    expect(sent).toEqual(['Old', 'Bad', 'New']);
    expect(chats.state.get()).toMatchObject({ total: 4, done: 4 });
    expect(chats.state.get().faults).toEqual([
      { file: 'x.json', entry: 2 },
      { file: 'x.json', entry: 3, title: 'Bad', reason: 'It is too long.' },
    ]);
  });

  it('waits where the server is away, and goes on with the same chat', async () => {
    let isAway = true;
    const { chats, sent, keys } = start([entry('A', 1), entry('B', 2), entry('C', 3)], {
      B: () => (isAway ? new OfflineError() : undefined),
    });
    await chats.run();
    expect(chats.state.get()).toMatchObject({ done: 1, stopped: new OfflineError().message });
    isAway = false;
    await chats.run();
    expect(sent).toEqual(['A', 'B', 'B', 'C']);
    expect(keys.size).toBe(3);
    expect(chats.state.get()).toMatchObject({ done: 3, faults: [], stopped: undefined });
  });

  it('waits where the storage is full: that is no fault of the entry', async () => {
    const full = new ApiError(413, 'Your storage is full.', false, undefined, 'storage_full');
    const { chats, sent } = start([entry('A', 1), entry('B', 2)], { A: () => full });
    await chats.run();
    expect(sent).toEqual(['A']);
    expect(chats.state.get()).toMatchObject({ done: 0, faults: [], stopped: 'Your storage is full.' });
  });

  it('goes on after an entry that is too deep to be sent', async () => {
    const deep = `{"chat":{"history":{"messages":{"q":${'['.repeat(100_000)}${']'.repeat(100_000)}}}},"title":"Deep"}`;
    const chats = new ChatImport(entriesIn('x.json', deep), (chat) => call(routes.chats.create, { body: { chat } }));
    await chats.run();
    expect(chats.state.get()).toMatchObject({ done: 1, stopped: undefined });
    expect(chats.state.get().faults).toMatchObject([{ file: 'x.json', entry: 1, title: 'Deep' }]);
  });

  it('goes on after an entry that cannot be read, without a title', async () => {
    const hostile = {
      get chat() {
        throw new RangeError('Invalid array length');
      },
    };
    const sent: unknown[] = [];
    const chats = new ChatImport(
      [hostile, entry('B', 1)].map((value, at) => ({ file: 'x', entry: at + 1, value })),
      (blob) => Promise.resolve(sent.push(blob['title'])),
    );
    await chats.run();
    expect(sent).toEqual(['B']);
    expect(chats.state.get().faults).toEqual([{ file: 'x', entry: 1, reason: 'Invalid array length' }]);
  });

  it('ends after the entry that is being sent, when it is stopped', async () => {
    const { chats, sent } = start([entry('A', 1), entry('B', 2)]);
    const running = chats.run();
    chats.stop('Stopped.');
    await running;
    expect(sent).toEqual(['A']);
    expect(chats.state.get()).toMatchObject({ done: 1, stopped: 'Stopped.' });
  });

  it('that is gone on with while its last entry is being sent sends each entry once', async () => {
    const { chats, sent } = start([entry('A', 1), { name: 'Nothing', updated_at: 9 }]);
    const first = chats.run();
    chats.stop('Stopped.');
    await Promise.all([first, chats.run()]);
    expect(sent).toEqual(['A']);
    expect(chats.state.get()).toMatchObject({ done: 2, stopped: undefined });
    expect(chats.state.get().faults).toHaveLength(1);
  });

  it('takes one chat, or a list, and nothing that is no JSON', () => {
    expect(entriesIn('x', '{"title":"One"}')).toEqual([{ file: 'x', entry: 1, value: { title: 'One' } }]);
    expect(() => entriesIn('x', '[{')).toThrow(SyntaxError);
  });
});
