import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deletions, UNDO_FOR_MS } from './deletions';

describe('the deletion of a chat', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function start(remove: (chatId: string, leaving: boolean) => Promise<unknown> = () => Promise.resolve()) {
    const asked: unknown[] = [];
    const problems: string[] = [];
    const deletions = new Deletions(
      (...request) => {
        asked.push(request);
        return remove(...request);
      },
      (chatId) => problems.push(chatId),
    );
    return { deletions, asked, problems };
  }

  it('hides it at once, and asks the server when it cannot be undone any more', async () => {
    const { deletions, asked } = start();
    deletions.begin('a');
    deletions.begin('a');
    expect([...deletions.hidden.get()]).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(UNDO_FOR_MS - 1);
    expect(asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked).toEqual([['a', false]]);
    expect(deletions.undo('a')).toBe(false);
    expect([...deletions.hidden.get()]).toEqual(['a']);
  });

  it('can be undone, and then asks nothing', async () => {
    const { deletions, asked } = start();
    deletions.begin('a');
    expect(deletions.undo('a')).toBe(true);
    await vi.advanceTimersByTimeAsync(UNDO_FOR_MS);
    expect(asked).toEqual([]);
    expect([...deletions.hidden.get()]).toEqual([]);
  });

  it('is done when the page is left, once', async () => {
    const { deletions, asked } = start();
    deletions.begin('a');
    void deletions.finishAll(true);
    await vi.advanceTimersByTimeAsync(UNDO_FOR_MS);
    expect(asked).toEqual([['a', true]]);
  });

  it('is waited for by what must come after it, also when it has begun before', async () => {
    const answers: (() => void)[] = [];
    const { deletions } = start(() => new Promise<void>((resolve) => answers.push(resolve)));
    deletions.begin('a');
    await vi.advanceTimersByTimeAsync(UNDO_FOR_MS);
    deletions.begin('b');
    const ended = vi.fn();
    const ending = deletions.finishAll(false).then(ended);
    answers[1]?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(ended).not.toHaveBeenCalled();
    answers[0]?.();
    await ending;
    await deletions.finishAll(false);
  });

  it('shows the chat again if the server refuses', async () => {
    const { deletions, problems } = start(() => Promise.reject(new Error('No.')));
    deletions.begin('a');
    await vi.advanceTimersByTimeAsync(UNDO_FOR_MS);
    expect(problems).toEqual(['a']);
    expect([...deletions.hidden.get()]).toEqual([]);
  });
});
