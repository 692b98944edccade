import { describe, expect, it } from 'vitest';
import { chatIn, timeOf } from './foreign-chat';

interface Blob {
  title?: string;
  history: { currentId: string; messages: Record<string, { parentId: string | null; role: string; content: string }> };
}

/** The messages of a chat, each with what it follows on. */
function linesOf(entry: unknown): string[] {
  const { history } = chatIn(entry)?.blob as unknown as Blob;
  return Object.entries(history.messages).map(
    ([id, { parentId, role, content }]) => `${parentId ?? ''}>${id} ${role}: ${content}`,
  );
}
const blobOf = (entry: unknown) => chatIn(entry)?.blob as unknown as Blob;

describe('a chat of an export', () => {
  it('is taken as it is from this product and from Open WebUI', () => {
    const history = { currentId: 'q', messages: { q: { id: 'q', role: 'user', content: 'Hi' } } };
    expect(chatIn({ id: 'x', title: 'Outside', chat: { history, params: { seed: 1 } } })).toEqual({
      blob: { title: 'Outside', history, params: { seed: 1 } },
      leftOut: 0,
    });
    expect(blobOf({ title: 'Bare', history }).title).toBe('Bare');
  });

  it('has the branches of ChatGPT, without what was never shown', () => {
    const node = (id: string, parent: string | null, role: string, parts: unknown[], more: object = {}) => ({
      [id]: {
        ...{ id, parent },
        message: {
          author: { role },
          content: { content_type: 'text', parts },
          create_time: 1.5,
          metadata: {},
          ...more,
        },
      },
    });
    const entry = {
      title: 'Birds',
      current_node: 'tool',
      mapping: {
        root: { id: 'root', parent: null, message: null },
        ...node('s', 'root', 'system', ['']),
        ...node('q', 's', 'user', ['Look', { asset_pointer: 'file://1' }], { metadata: { attachments: [{}] } }),
        ...node('t', 'q', 'assistant', [], { content: { content_type: 'thoughts', thoughts: [] } }),
        ...node('a', 't', 'assistant', ['A heron.\ue200cite\ue202turn0\ue201【4:0†birds.pdf】'], {
          metadata: { model_slug: 'gpt-x' },
        }),
        ...node('b', 'q', 'assistant', ['A stork.']),
        ...node('tool', 'b', 'tool', ['{}']),
      },
    };
    expect(linesOf(entry)).toEqual(['>q user: Look', 'q>a assistant: A heron.', 'q>b assistant: A stork.']);
    expect(blobOf(entry).history.currentId).toBe('b');
    expect(blobOf(entry).history.messages['a']).toMatchObject({ model: 'gpt-x', timestamp: 1.5 });
    expect(chatIn(entry)?.leftOut).toBe(3);
  });

  it('has the texts of Claude, also those that were pasted, with branches or without', () => {
    const entry = {
      name: 'Rivers',
      chat_messages: [
        {
          ...{
            uuid: '1',
            sender: 'human',
            created_at: '2026-01-02T03:04:05Z',
            content: [{ type: 'text', text: 'Sum' }],
          },
          ...{
            attachments: [{ file_name: 'a.md', extracted_content: '```\nx\n```' }],
            files: [{ file_name: 'p.png' }],
          },
        },
        { uuid: '2', sender: 'assistant', text: 'Done.', content: [{ type: 'tool_use' }] },
        { uuid: '3', sender: 'assistant', text: 'Again.', parent_message_uuid: '1' },
        { uuid: '4', sender: 'human', text: '' },
      ],
    };
    expect(linesOf(entry)).toEqual([
      '>1 user: Sum\n\na.md\n\n````\n```\nx\n```\n````',
      '1>2 assistant: Done.',
      '1>3 assistant: Again.',
    ]);
    expect([blobOf(entry).title, chatIn(entry)?.leftOut]).toEqual(['Rivers', 2]);
  });

  it('has the messages of LibreChat, as a list or one within the other', () => {
    const root = '00000000-0000-0000-0000-000000000000';
    const question = { messageId: '1', parentMessageId: root, isCreatedByUser: true, text: 'Hi' };
    const answer = {
      messageId: '2',
      parentMessageId: '1',
      model: 'm',
      text: '',
      content: [{ type: 'text', text: 'Ho' }],
    };
    const lines = ['>1 user: Hi', '1>2 assistant: Ho'];
    expect(linesOf({ conversationId: 'c', title: 'T', messages: [question, answer] })).toEqual(lines);
    expect(linesOf({ conversationId: 'c', messages: [{ ...question, children: [answer] }] })).toEqual(lines);
  });

  it.each([
    ...[undefined, null, 'text', 7, [], {}, { chat: {} }, { chat: { history: { messages: {} } } }],
    ...[
      { mapping: {} },
      { mapping: { a: null, b: { message: 3 } } },
      { chat_messages: [null, 5, {}] },
      { messages: 'x' },
    ],
  ])('is not in %j', (entry) => {
    expect(chatIn(entry)).toBeUndefined();
  });

  it('ends also where messages follow one another in a circle, or very far', () => {
    const circle = { mapping: { a: { parent: 'b', message: null }, b: { parent: 'a', message: null } } };
    expect(chatIn(circle)).toBeUndefined();
    let nested: object = { messageId: 'end', isCreatedByUser: true, text: 'End' };
    for (let at = 0; at < 20_000; at++) nested = { messageId: String(at), text: '', children: [nested] };
    expect(linesOf({ messages: [nested] })).toEqual(['>end user: End']);
  });

  it('is read also where one message has a great many answers, or a text a great many fences', () => {
    const children = Array.from({ length: 150_000 }, () => ({ text: '' }));
    const many = { messages: [{ messageId: 'q', isCreatedByUser: true, text: 'Hi', children }] };
    expect(linesOf(many)).toEqual(['>q user: Hi']);
    const attachments = [{ extracted_content: '``` '.repeat(150_000) }];
    expect(linesOf({ chat_messages: [{ uuid: '1', sender: 'human', attachments }] })).toHaveLength(1);
  });

  it('has a time, if it says one', () => {
    expect(timeOf({ update_time: 12.5, create_time: 1 })).toBe(12.5);
    expect(timeOf({ updated_at: '1970-01-01T00:01:00Z' })).toBe(60);
    expect([timeOf({ updated_at: 'soon' }), timeOf(null)]).toEqual([0, 0]);
  });
});
