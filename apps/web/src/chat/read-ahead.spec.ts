import { ApiError } from '@perennial/web-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ReadAhead } from './read-ahead';

describe('a chat is read before it is opened', () => {
  let asked: { chatId: string; end: (error?: Error) => Promise<void> }[];
  let ahead: ReadAhead;
  const ids = () => asked.map(({ chatId }) => chatId);
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  beforeEach(() => {
    vi.useFakeTimers();
    asked = [];
    ahead = new ReadAhead(
      (chatId) =>
        new Promise<void>((resolve, reject) => {
          const end = async (error?: Error) => {
            if (error) reject(error);
            else resolve();
            await pass(0);
          };
          asked.push({ chatId, end });
        }),
    );
  });

  afterEach(() => void vi.useRealTimers());

  it('when one rests at it, and not when one passes over a hundred', async () => {
    for (let nth = 0; nth < 100; nth += 1) {
      ahead.at(`passed ${nth}`);
      await pass(40);
    }
    ahead.at('a');
    await pass(50);
    ahead.at('a');
    await pass(50);
    expect(ids()).toEqual(['a']);
    ahead.at(undefined);
    await pass(1_000);
    expect(ids()).toEqual(['a']);
  });

  it('at once when it is pressed', () => {
    ahead.at('a');
    ahead.press('a');
    expect(ids()).toEqual(['a']);
  });

  it('one at a time: of those that were rested at meanwhile only the last one, and none that was left', async () => {
    ahead.press('a');
    for (const chatId of ['b', 'c', 'd']) {
      ahead.at(chatId);
      await pass(100);
    }
    expect(ids()).toEqual(['a']);
    await asked[0]!.end();
    expect(ids()).toEqual(['a', 'd']);
    ahead.at('e');
    await pass(100);
    ahead.at(undefined);
    await asked[1]!.end();
    expect(ids()).toEqual(['a', 'd']);
  });

  it('not while the server asks for patience, or for 5 s after it was not reached', async () => {
    const rests = async (chatId: string) => {
      ahead.at(chatId);
      await pass(100);
    };
    await rests('a');
    await asked[0]!.end(new ApiError(503, 'Busy.', false, 20));
    await rests('b');
    await pass(19_000);
    await rests('c');
    expect(ids()).toEqual(['a']);
    await pass(1_000);
    await rests('d');
    expect(ids()).toEqual(['a', 'd']);
    await asked[1]!.end(new Error('offline'));
    await pass(4_000);
    await rests('e');
    expect(ids()).toEqual(['a', 'd']);
    await pass(1_000);
    await rests('f');
    expect(ids()).toEqual(['a', 'd', 'f']);
  });
});
