import { ChatBlobSchema } from '@perennial/contracts-chat';
import { describe, expect, it } from 'vitest';
import { toChatChange, toMessageChanges } from './blob-in';
import { toWireChat } from './blob-out';
import type { ChatRow, MessageRow } from './rows';

const NOW = 1_800_000_000;

const row = (id: string, fields: Partial<MessageRow> = {}): MessageRow => ({
  id,
  parent_id: null,
  role: 'user',
  content: id,
  content_parts: null,
  model: null,
  model_idx: null,
  done: true,
  output: null,
  usage: null,
  error: null,
  extra: {},
  created_at: NOW,
  ...fields,
});

const chatRow: ChatRow = {
  id: '00000000-0000-4000-8000-000000000001',
  user_id: '00000000-0000-4000-8000-000000000002',
  title: 'T',
  models: ['m'],
  params: {},
  meta: {},
  extra: { system: 's' },
  folder_id: null,
  archived: false,
  pinned: false,
  current_message_id: 'c',
  last_read_at: null,
  created_at: NOW,
  updated_at: NOW,
};

const changes = (messages: Record<string, object>, existing: MessageRow[] = []) =>
  toMessageChanges(ChatBlobSchema.parse({ history: { messages } }), existing, NOW);
const placed = (rows: MessageRow[]) => rows.map((each) => [each.id, each.parent_id]);

describe('the blob made from rows', () => {
  it('has thoughts beside the answer, even if an earlier version stored them in it', () => {
    const fields = { role: 'assistant' as const, model: 'm' };
    const reasoning = (id: string) => ({
      ...{ type: 'reasoning', id: `rs_${id}`, status: 'completed', summary: [] },
      content: [{ type: 'reasoning_text', text: 'hm' }],
    });
    const { chat } = toWireChat(chatRow, [
      row('old', { ...fields, content: '<think>\nhm\n</think>\n\nHello' }),
      row('new', { ...fields, content: 'Hello', output: [reasoning('new')] }),
      row('plain', { ...fields, content: 'Hello' }),
      row('others', { ...fields, content: 'Hello', output: [{ type: 'function_call' }] }),
    ]);
    const messages = chat.history?.messages ?? {};
    for (const id of ['old', 'new']) {
      const answer = { type: 'message', content: [{ type: 'output_text', text: 'Hello' }] };
      expect(messages[id]).toMatchObject({ content: 'Hello', output: [reasoning(id), answer] });
    }
    expect(messages.plain).not.toHaveProperty('output');
    expect(messages.others).toMatchObject({ content: 'Hello', output: [{ type: 'function_call' }] });
  });

  it('derives the tree and the message fields, with each text once', () => {
    const chat = toWireChat(chatRow, [
      row('a', { extra: { models: ['m'] } }),
      row('b', { parent_id: 'a', role: 'assistant', model: 'm', usage: { total_tokens: 3 } }),
      row('b2', { parent_id: 'a', role: 'assistant', model: 'm', model_idx: 1, done: false, error: { content: 'E' } }),
      row('c', { parent_id: 'b', content: 'text', content_parts: [{ type: 'image_url' }] }),
    ]);
    expect(chat.chat).toMatchObject({
      id: chat.id,
      title: 'T',
      models: ['m'],
      system: 's',
      timestamp: NOW * 1000,
      files: [],
      tags: [],
    });
    expect(chat.chat.history).toEqual({
      currentId: 'c',
      messages: {
        a: { id: 'a', parentId: null, childrenIds: ['b', 'b2'], role: 'user', content: 'a', timestamp: NOW, models: ['m'] },
        b: {
          id: 'b', parentId: 'a', childrenIds: ['c'], role: 'assistant', content: 'b', timestamp: NOW, done: true,
          model: 'm', modelName: 'm', usage: { total_tokens: 3 },
        },
        b2: {
          id: 'b2', parentId: 'a', childrenIds: [], role: 'assistant', content: 'b2', timestamp: NOW, done: false,
          model: 'm', modelName: 'm', modelIdx: 1, error: { content: 'E' },
        },
        c: { id: 'c', parentId: 'b', childrenIds: [], role: 'user', content: [{ type: 'image_url' }], timestamp: NOW },
      },
    }); // prettier-ignore
    expect(chat.chat).not.toHaveProperty('messages');
  });
});

describe('rows made from a blob', () => {
  it('come parents first, siblings by childrenIds', () => {
    const rows = changes({
      c: { id: 'c', parentId: 'b', role: 'user', content: 'c' },
      b2: { id: 'b2', parentId: 'a', role: 'assistant', content: 'b2' },
      b: { id: 'b', parentId: 'a', role: 'assistant', content: 'b' },
      a: {
        id: 'a',
        parentId: null,
        childrenIds: ['b', 'b2'],
        role: 'user',
        content: 'a',
        timestamp: 1_700_000_000_123,
      },
    });
    expect(placed(rows)).toEqual([
      ['a', null],
      ['b', 'a'],
      ['c', 'b'],
      ['b2', 'a'],
    ]);
    expect(rows[0]?.created_at).toBe(1_700_000_000);
    expect(rows[1]?.created_at).toBe(NOW);
  });

  it('are always a tree, even if the blob has cycles and orphans', () => {
    const rows = changes({
      x: { id: 'x', parentId: 'y', role: 'user', content: 'x' },
      y: { id: 'y', parentId: 'x', role: 'user', content: 'y' },
      self: { id: 'self', parentId: 'self', role: 'user', content: 's' },
      stray: { id: 'stray', parentId: 'gone', role: 'user', content: 's' },
    });
    const seen = new Set<string>();
    for (const { id, parent_id: parent } of rows) {
      expect(parent === null || seen.has(parent)).toBe(true);
      seen.add(id);
    }
    expect(seen).toEqual(new Set(['x', 'y', 'self', 'stray']));
  });

  it('leave out unchanged messages, running answers, and stale states of finished ones', () => {
    const existing = [
      row('same', { extra: { models: ['m'] } }),
      row('answer', { role: 'assistant', parent_id: 'same', model: 'm', content: 'whole answer' }),
      row('written', { role: 'assistant', parent_id: 'same', content: '', done: false }),
      row('edited'),
    ];
    const rows = changes(
      {
        same: { id: 'same', role: 'user', content: 'same', models: ['m'], childrenIds: ['answer', 'written'] },
        answer: { id: 'answer', parentId: 'same', role: 'assistant', content: 'whole', done: false },
        written: { id: 'written', parentId: 'same', role: 'assistant', content: 'overwritten', done: true },
        edited: { id: 'edited', parentId: 'answer', role: 'assistant', content: 'new text', annotation: { rating: 1 } },
      },
      existing,
    );
    expect(rows).toEqual([row('edited', { content: 'new text', extra: { annotation: { rating: 1 } } })]);
    const wire = toWireChat({ ...chatRow, current_message_id: 'answer' }, existing).chat.history?.messages ?? {};
    expect(changes(wire, existing)).toEqual([]);
  });

  it('keep content parts only where they are more than text', () => {
    const [text, image] = changes({
      t: {
        id: 't',
        role: 'user',
        content: [
          { type: 'text', text: 'one' },
          { type: 'text', text: 'two\u0000' },
        ],
      },
      i: {
        id: 'i',
        role: 'user',
        content: [
          { type: 'text', text: 'see' },
          { type: 'image_url', image_url: {} },
        ],
      },
    });
    expect(text).toMatchObject({ content: 'one\ntwo', content_parts: null });
    expect(image).toMatchObject({ content: 'see', content_parts: [{ type: 'text' }, { type: 'image_url' }] });
  });

  it('read the chat’s own fields; an empty title is none', () => {
    const blob = ChatBlobSchema.parse({
      title: '  ',
      models: ['m'],
      files: [1],
      history: { currentId: 'x' },
      messages: [1],
      timestamp: 1,
    });
    expect(toChatChange(blob)).toEqual({
      models: ['m'],
      params: undefined,
      extra: { files: [1] },
      currentMessageId: 'x',
    });
    expect(toChatChange(ChatBlobSchema.parse({ title: ' New ' })).title).toBe('New');
  });
});
