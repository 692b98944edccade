import type { Chat, Message } from '@perennial/contracts-wire';
import { describe, expect, it } from 'vitest';
import { fileName } from './chat-file';
import { toMarkdown } from './markdown';
import { joined } from './whole-chat';

const message = (id: string, parentId: string | null, more: Partial<Message> = {}): Message => ({
  ...{ id, parentId, childrenIds: [], role: parentId === null ? 'user' : 'assistant', content: `Text of ${id}` },
  ...more,
});

const page = (currentId: string, messages: Message[], before?: string) =>
  ({
    title: 'Herons\nin winter',
    chat: { history: { currentId, before, messages: Object.fromEntries(messages.map((one) => [one.id, one])) } },
  }) as unknown as Chat;

describe('a chat as a file', () => {
  it('is joined from its pages: all messages, with all that follow them, and nothing left to fetch', () => {
    const newest = page('b', [message('b', 'q')], 'b');
    const whole = joined([newest, page('b', [message('q', null), message('a', 'q')])]);
    const { history } = whole.chat;
    expect(Object.keys(history?.messages ?? {}).sort()).toEqual(['a', 'b', 'q']);
    expect(history?.messages['q']?.childrenIds.sort()).toEqual(['a', 'b']);
    expect(history).not.toHaveProperty('before');
    expect(history?.currentId).toBe('b');
  });

  it('reads as Markdown: the shown branch, what went with each message, and what went wrong', () => {
    const files = [{ type: 'file', id: 'f', name: 'birds.txt' }];
    const pictures = [
      { type: 'text', text: 'Look' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
    ];
    const sources = [{ source: { name: 'birds.txt' }, document: ['They stay.'], metadata: [{ source: 'f' }] }];
    const chat = page('a', [
      message('q', null, { files, content: pictures }),
      message('old', 'q', { content: 'Not this' }),
      message('a', 'q', { model: 'm', modelName: 'The model', sources, error: { content: 'It broke\noff.' } }),
    ]);
    const text = toMarkdown(chat, { pictures: true });
    expect(text).toBe(
      [
        ...['# Herons in winter', '## Question', 'Look', '![Picture 1](data:image/png;base64,AAAA)'],
        ...['Attached: birds.txt', '## The model', 'Text of a', '> It broke off.', 'Sources:', '1. birds.txt\n'],
      ].join('\n\n'),
    );
    expect(toMarkdown(chat, { pictures: false })).not.toContain('base64');
  });

  it.each([
    ['a/b: "c"?\u0000', 'a b c'],
    ['..', 'chat'],
    ['رحلة', 'رحلة'],
    ['x'.repeat(300), 'x'.repeat(80)],
  ])('is named by its title as every system can: %j', (title, name) => expect(fileName(title)).toBe(name));
});
