import { ApiError, OfflineError } from '@perennial/web-client';
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

  it('ends after the entry that is being sent, when it is stopped', async () => {
    const { chats, sent } = start([entry('A', 1), entry('B', 2)]);
    const running = chats.run();
    chats.stop('Stopped.');
    await running;
    expect(sent).toEqual(['A']);
    expect(chats.state.get()).toMatchObject({ done: 1, stopped: 'Stopped.' });
  });

  it('takes one chat, or a list, and nothing that is no JSON', () => {
    expect(entriesIn('x', '{"title":"One"}')).toEqual([{ file: 'x', entry: 1, value: { title: 'One' } }]);
    expect(() => entriesIn('x', '[{')).toThrow(SyntaxError);
  });
});
