import type { Chat } from '@perennial/contracts-wire';
import { describe, expect, it } from 'vitest';
import { endOf, failureOf, modelNameOf, textOf, thoughtsOf, threadOf, versionsByParent, withPending } from './thread';

const message = (id: string, parentId: string | null, content: unknown = id) => ({
  id,
  parentId,
  childrenIds: [],
  role: 'user' as const,
  content,
});

function chatOf(currentId: string | null, ...messages: ReturnType<typeof message>[]): Chat {
  const history = { currentId, messages: Object.fromEntries(messages.map((each) => [each.id, each])) };
  return { chat: { history } } as unknown as Chat;
}

describe('threadOf', () => {
  it('walks from the current message to the root and leaves other branches out', () => {
    const chat = chatOf('c', message('a', null), message('b', 'a'), message('b2', 'a'), message('c', 'b'));
    expect(threadOf(chat).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  it('ends at a missing parent and at a cycle', () => {
    expect(threadOf(chatOf('b', message('b', 'gone'))).map(({ id }) => id)).toEqual(['b']);
    expect(threadOf(chatOf('b', message('a', 'b'), message('b', 'a'))).map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('is empty without a chat', () => {
    expect(threadOf(undefined)).toEqual([]);
    expect(threadOf(chatOf(null))).toEqual([]);
  });
});

describe('withPending', () => {
  const chat = chatOf('b', message('a', null), message('b', 'a'));
  const thread = threadOf(chat);
  const ids = (turn: Parameters<typeof withPending>[2], of = chat) => withPending(thread, of, turn).map(({ id }) => id);

  it('shows a turn after its parent, until the chat has it', () => {
    const messages = [message('q', 'b'), message('x', 'q')];
    expect(ids({ chatId: 'c', messages })).toEqual(['a', 'b', 'q', 'x']);
    expect(ids({ chatId: 'c', messages: [message('x', 'a')] })).toEqual(['a', 'x']);
    expect(withPending(thread, chatOf('x', message('x', 'q')), { chatId: 'c', messages })).toBe(thread);
    expect(withPending(thread, chat, undefined)).toBe(thread);
  });

  it('begins a chat', () => {
    const messages = [message('q', null), message('x', 'q')];
    expect(withPending([], undefined, { chatId: undefined, messages })).toEqual(messages);
  });
});

describe('versions of a message', () => {
  const answer = (id: string, parentId: string) => ({ ...message(id, parentId), role: 'assistant' as const });
  const old = answer('old', 'q');
  const chat = {
    chat: {
      history: {
        currentId: 'new',
        messages: {
          q: message('q', null),
          old,
          more: message('more', 'old'),
          end: answer('end', 'more'),
          new: answer('new', 'q'),
        },
      },
    },
  } as unknown as Chat;

  it('are the messages after the same message, or at the beginning', () => {
    expect(Object.fromEntries(versionsByParent(chat))).toEqual({
      '': ['q'],
      q: ['old', 'new'],
      old: ['more'],
      more: ['end'],
    });
    expect(versionsByParent(undefined).size).toBe(0);
  });

  it('are shown with what followed them', () => {
    expect(endOf(chat, 'old')).toBe('end');
    expect(endOf(chat, 'new')).toBe('new');
    expect(threadOf(chat, 'end').map(({ id }) => id)).toEqual(['q', 'old', 'more', 'end']);
    expect(threadOf(chat, 'of another chat').map(({ id }) => id)).toEqual(['q', 'new']);
    expect(endOf(chatOf('b', message('a', 'b'), message('b', 'a')), 'a')).toBe('a');
  });
});

describe('textOf', () => {
  it('reads strings and content parts', () => {
    expect(textOf(message('a', null, 'hello'))).toBe('hello');
    expect(
      textOf(message('a', null, [{ type: 'text', text: 'he' }, { type: 'image_url' }, { type: 'text', text: 'y' }])),
    ).toBe('hey');
    expect(textOf({ ...message('a', null), content: undefined })).toBe('');
    // Another client may have stored anything: it must not break the page.
    expect(textOf(message('a', null, [null, { text: 'a' }, 3, { text: { deep: true } }]))).toBe('a');
    expect(thoughtsOf({ ...message('a', null), output: [null, { type: 'reasoning', content: [null] }] as never })).toBe(
      '',
    );
  });
});

describe('failureOf', () => {
  it('reads both shapes of an error', () => {
    expect(failureOf({ ...message('a', null), error: 'no' })).toEqual({ message: 'no' });
    const error = { content: 'out of quota', code: 'QUOTA_EXCEEDED' };
    expect(failureOf({ ...message('a', null), error })).toEqual({ code: 'QUOTA_EXCEEDED', message: 'out of quota' });
    expect(failureOf(message('a', null))).toBeUndefined();
    expect(failureOf({ ...message('a', null), error: { content: { not: 'text' } } })).toBeUndefined();
  });
});

describe('modelNameOf', () => {
  const names = new Map([['m-1', 'Model One']]);
  const by = (model?: string, modelName?: string) => modelNameOf({ ...message('a', null), model, modelName }, names);

  it('is the stored name, else that of the list of models, else the id', () => {
    expect(by('m-1', 'As it was called')).toBe('As it was called');
    expect([by('m-1', 'm-1'), by('m-1')]).toEqual(['Model One', 'Model One']);
    expect([by('gone', 'gone'), by('gone')]).toEqual(['gone', 'gone']);
    expect(by()).toBeUndefined();
  });
});
