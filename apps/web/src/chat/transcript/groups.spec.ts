import type { Message } from '@perennial/contracts-wire';
import { describe, expect, it } from 'vitest';
import { groupsOf } from './groups';

const thread = (from: number, to: number): Message[] =>
  Array.from({ length: to - from }, (_, at) => ({ id: `m${from + at}`, role: 'user', content: '' }) as Message);
const places = (messages: readonly Message[], anchor?: string, shown = Infinity) =>
  new Map(groupsOf(messages, anchor, shown).flatMap(({ key, messages }) => messages.map(({ id }) => [id, key])));

describe('the groups of a thread', () => {
  it('have forty messages each, and the newest the rest', () => {
    expect(groupsOf(thread(0, 100), 'm0', 100).map(({ messages }) => messages.length)).toEqual([40, 40, 20]);
    expect(groupsOf([], undefined, 60)).toEqual([]);
  });

  it('stay as they are while more messages are shown, written, or fetched before the first', () => {
    const before = places(thread(0, 100), 'm0', 60);
    for (const after of [
      places(thread(0, 100), 'm0', 100),
      places(thread(0, 130), 'm0', 130),
      places(thread(-75, 100), 'm0'),
    ])
      for (const [id, key] of before) expect(after.get(id)).toBe(key);
  });

  it('begin anew with a branch that does not have the first message', () => {
    expect(groupsOf(thread(5, 50), 'm0', 50).map(({ key }) => key)).toEqual([0, 1]);
  });
});
