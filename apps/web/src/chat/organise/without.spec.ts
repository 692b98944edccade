import type { Chat, Message } from '@perennial/contracts-wire';
import { describe, expect, it } from 'vitest';
import { threadOf } from '../thread';
import { branchOf, type Extent, without } from './without';

const message = (id: string, parentId: string | null): Message => ({
  ...{ id, parentId, childrenIds: [], role: 'user', content: id },
});
const chatOf = (currentId: string, parents: Readonly<Record<string, string | null>>) => {
  const messages = Object.entries(parents).map(([id, parent]) => [id, message(id, parent)]);
  return { chat: { history: { currentId, messages: Object.fromEntries(messages) } } } as unknown as Chat;
};
const shown = (chat: Chat, deleted: Record<string, Extent>) =>
  threadOf(without(chat, new Map(Object.entries(deleted))))
    .map(({ id }) => id)
    .join(' ');

/** q – a1 – q2 – a2, and a version of a1. */
const CHAT = chatOf('a2', { q: null, old: 'q', a1: 'q', q2: 'a1', a2: 'q2' });

describe('a chat without messages that are being deleted', () => {
  it('is the same chat when it has none of them', () => {
    expect(without(CHAT, new Map([['x', 'branch']]))).toBe(CHAT);
  });

  it('lets what followed a message follow the one before it', () => {
    expect(shown(CHAT, { a1: 'alone' })).toBe('q q2 a2');
    expect(shown(CHAT, { q: 'alone' })).toBe('a1 q2 a2');
    expect(shown(CHAT, { a1: 'alone', q2: 'alone' })).toBe('q a2');
    expect(shown(CHAT, { a2: 'alone' })).toBe('q a1 q2');
  });

  it('has the same messages, but those that follow on another one now', () => {
    const { messages } = without(CHAT, new Map([['a1', 'alone']])).chat.history!;
    expect(messages['old']).toBe(CHAT.chat.history!.messages['old']);
    expect(messages['q2']).toEqual({ ...CHAT.chat.history!.messages['q2'], parentId: 'q' });
  });

  it('ends with another version, or before the branch that goes', () => {
    expect(shown(CHAT, { q2: 'branch' })).toBe('q a1');
    expect(shown(CHAT, { a1: 'branch' })).toBe('q old');
    expect(shown(CHAT, { q: 'branch' })).toBe('');
    expect(shown(chatOf('b', { a: null, b: null }), { b: 'branch' })).toBe('a');
  });

  it('is found in a long chat, and in one whose messages go round in a circle', () => {
    const long = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, at) => [`m${at}`, at === 0 ? null : `m${at - 1}`]),
    );
    expect(threadOf(without(chatOf('m19999', long), new Map([['m3', 'branch']]))).at(-1)?.id).toBe('m2');
    expect(shown(chatOf('a', { a: 'b', b: 'a' }), { a: 'alone' })).not.toContain('a ');
  });

  it('is known with all that follows a message, on every branch and in a circle', () => {
    expect([...branchOf(CHAT, 'a1')]).toEqual(['a1', 'q2', 'a2']);
    expect([...branchOf(CHAT, 'q')].sort()).toEqual(['a1', 'a2', 'old', 'q', 'q2']);
    expect([...branchOf(chatOf('a', { a: 'b', b: 'a' }), 'a')]).toEqual(['a', 'b']);
    expect([...branchOf(undefined, 'x')]).toEqual(['x']);
  });
});
