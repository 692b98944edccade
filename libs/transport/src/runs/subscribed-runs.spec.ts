import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SubscribedRuns } from './subscribed-runs';
import type { RunUpdate } from './types';

const identity = { runId: 'r', userId: 'u', model: 'm', chatId: 'c', messageId: 'a' };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A run that another reader here follows, with some text, and the updates of sockets that come after `silentMs` without its worker. */
function joinAfter(silentMs: number) {
  const runs = new SubscribedRuns({ onError: () => undefined, onKnown: () => undefined, onLetGo: () => undefined });
  const run = runs.ensure('r');
  run.readers = 1;
  run.checkAt = Infinity;
  run.state.identify(identity);
  run.state.open({ epoch: 1, generation: 1, base: 0, from: 0, text: 'Hel' });
  vi.advanceTimersByTime(silentMs);
  const seen: RunUpdate[] = [];
  runs.addUser(
    'u',
    (update) => seen.push(update),
    () => undefined,
  );
  return { runs, run, seen };
}

it('sockets that come are shown the text of a run whose worker is heard', () => {
  const { seen } = joinAfter(900);
  expect(seen).toEqual([expect.objectContaining({ kind: 'reset', text: 'Hel' })]);
});

it('sockets that come to a gateway that was cut off are shown nothing that others may have gone beyond, until it has looked', () => {
  const { runs, run, seen } = joinAfter(1_001);
  expect(seen).toEqual([]);
  // The next check is due at once. It finds the end.
  expect(run.checkAt).toBe(0);
  run.state.applyLookup({
    identity,
    position: { epoch: 1, generation: 1, offset: 5 },
    text: 'Hello',
    terminal: { state: 'completed', generation: 1, length: 5 },
  });
  runs.settle(run);
  expect(seen).toEqual([
    expect.objectContaining({ kind: 'reset', text: 'Hello' }),
    expect.objectContaining({ kind: 'end', text: 'Hello' }),
  ]);
});
