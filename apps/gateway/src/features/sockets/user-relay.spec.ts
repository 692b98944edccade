import type { FollowedRun, RunTerminal, RunUpdate } from '@perennial/transport';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Packet } from './packets';
import { UserRelay } from './user-relay';

const identity = { runId: 'r1', userId: 'u', model: 'm', chatId: 'c', messageId: 'a"1' };

/** The text of an unmasked WebSocket frame, by RFC 6455. */
function unframe(frame: Buffer): string {
  expect(frame[0]).toBe(0x81);
  const short = frame[1] ?? 0;
  const [start, length] =
    short < 126 ? [2, short] : short === 126 ? [4, frame.readUInt16BE(2)] : [10, Number(frame.readBigUInt64BE(2))];
  expect(frame.length).toBe(start + length);
  return frame.toString('utf8', start);
}

/** The payload of `emit('events', payload)`: packet type 2 and a JSON array, as Socket.IO's protocol 5 has it. */
function decode({ message, frame }: Packet): {
  chat_id: string;
  message_id: string;
  data: { type: string; data: unknown };
} {
  expect(unframe(frame)).toBe(`4${message}`);
  expect(message[0]).toBe('2');
  const [name, payload] = JSON.parse(message.slice(1)) as [string, ReturnType<typeof decode>];
  expect(name).toBe('events');
  return payload;
}

describe('the events of a run at a user’s sockets', () => {
  let heard: ReturnType<typeof decode>[];
  let relay: UserRelay;
  const run = (change: Partial<FollowedRun['identity']> = {}): FollowedRun => ({
    identity: { ...identity, ...change },
    position: { epoch: 1, generation: 1, offset: 0 },
    text: '',
    isCurrent: true,
  });
  const update = (value: RunUpdate, of = run()) => relay.onUpdate(value, of);
  const delta = (offset: number, text: string): RunUpdate => ({ kind: 'delta', epoch: 1, generation: 1, offset, text });
  const end = (change: Partial<RunTerminal>, text = 'Hi'): RunUpdate => ({
    kind: 'end',
    epoch: 1,
    terminal: { state: 'completed', generation: 1, length: text.length, ...change },
    text,
  });
  const output = (text: string, status: string) => [
    { type: 'message', id: 'msg_r1', status, role: 'assistant', content: [{ type: 'output_text', text }] },
  ];
  beforeEach(() => {
    heard = [];
    relay = new UserRelay((packet) => heard.push(decode(packet)));
  });

  it('a run first seen after a take-over replaces text that its first owner may have sent elsewhere', () => {
    update({ ...delta(0, 'Hi'), epoch: 2 });
    update({ kind: 'reset', epoch: 2, generation: 1, text: '' }, run({ runId: 'r2', messageId: 'a2' }));
    const whole = (text: string) => expect.objectContaining({ generation: 1, offset: text.length });
    expect(heard.map(({ data }) => data)).toEqual([
      { type: 'chat:completion', data: whole('Hi') },
      { type: 'chat:completion', data: whole('') },
    ]);
  });

  it('thoughts are separate from the answer: sent whole when one begins and ends, and before the answer at the end', () => {
    const pieces = ['<thi', 'nk>\nhm', ', so', '\n</think>\n\nHi', ' you'];
    let text = '';
    for (const piece of pieces) {
      const offset = text.length;
      text += piece;
      update(delta(offset, piece), { ...run(), text });
    }
    update(end({}, text));
    const reasoning = (thought: string, status: string) => ({
      ...{ type: 'reasoning', id: 'rs_r1', status, summary: [] },
      content: [{ type: 'reasoning_text', text: thought }],
    });
    const told = heard.map(({ data }) => data.data as Record<string, unknown>);
    expect(told.slice(1, -2)).toEqual([
      expect.objectContaining({ delta: '<thi' }),
      { output: [reasoning('hm', 'in_progress'), ...output('', 'in_progress')], generation: 1, offset: 10 },
      { output: [reasoning('hm, so', 'in_progress'), ...output('Hi', 'in_progress')], generation: 1, offset: 27 },
      expect.objectContaining({ delta: ' you', output_index: 1, offset: 27 }),
      expect.objectContaining({ choices: [expect.objectContaining({ finish_reason: 'stop' })] }),
    ]);
    expect(told.at(-2)).toMatchObject({ output: [reasoning('hm, so', 'completed'), ...output('Hi you', 'completed')] });
  });

  it('role, deltas with their offset, finish, done, inactive', () => {
    update(delta(0, 'H"'));
    update(delta(2, 'i'));
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
    update(end({ finishReason: 'length', usage, title: 'T' }, 'H"i'));
    expect(heard.every(({ chat_id, message_id }) => chat_id === 'c' && message_id === 'a"1')).toBe(true);
    const text = {
      type: 'response.output_text.delta',
      item_id: 'msg_r1',
      output_index: 0,
      content_index: 0,
      generation: 1,
    };
    const chunk = { id: 'chatcmpl-r1', object: 'chat.completion.chunk', created: expect.any(Number), model: 'm' };
    expect(heard.map(({ data }) => data)).toEqual([
      {
        type: 'response:completion',
        data: { ...chunk, choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] },
      },
      { type: 'response:completion', data: { ...text, offset: 0, delta: 'H"' } },
      { type: 'response:completion', data: { ...text, offset: 2, delta: 'i' } },
      { type: 'chat:completion', data: { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: 'length' }] } },
      {
        type: 'chat:completion',
        data: { done: true, output: output('H"i', 'completed'), generation: 1, offset: 3, title: 'T', usage },
      },
      { type: 'chat:active', data: { active: false, folder_id: null } },
    ]);
  });

  it('a text that starts again is one event with all of it', () => {
    update(delta(0, 'Hi'));
    update({ kind: 'reset', epoch: 2, generation: 2, text: 'Ho' });
    expect(heard.at(-1)?.data).toEqual({
      type: 'chat:completion',
      data: { output: output('Ho', 'in_progress'), generation: 2, offset: 2 },
    });
  });

  it('a run that was running before the user connected is one event with all its text', () => {
    update({ kind: 'reset', epoch: 1, generation: 1, text: 'Hel' });
    update(delta(3, 'lo'));
    expect(heard.map(({ data }) => data.type)).toEqual(['chat:completion', 'response:completion']);
  });

  it('a socket that comes while this gateway may be cut off is shown nothing old, and all of the text with the next', () => {
    const of = { ...run(), text: 'Hello', isCurrent: false };
    update(delta(0, 'Hel'), of);
    heard.length = 0;
    expect([...relay.present()]).toEqual([]);
    update(delta(3, 'lo'), of);
    update(delta(5, '!'), { ...of, text: 'Hello!' });
    expect(heard.map(({ data }) => data.type)).toEqual(['chat:completion', 'response:completion']);
    expect(heard[0]?.data.data).toMatchObject({ output: output('Hello', 'in_progress') });
  });

  it('a run that ended before the user connected is its end only; a failure carries no text, and of a stop few pages read it, so the text comes first', () => {
    const over = (terminal: Partial<RunTerminal>) => {
      const ended = end(terminal) as Extract<RunUpdate, { kind: 'end' }>;
      const of = { ...run(), text: 'Hi', terminal: ended.terminal };
      heard.length = 0;
      update({ kind: 'reset', epoch: 1, generation: 1, text: 'Hi' }, of);
      update(ended, of);
      return heard.map(({ data }) => data.data);
    };
    expect(over({})).toEqual([
      expect.objectContaining({ choices: expect.anything() }),
      expect.objectContaining({ done: true, output: output('Hi', 'completed') }),
      { active: false, folder_id: null },
    ]);
    expect(over({ state: 'cancelled' }).slice(0, 2)).toEqual([
      expect.objectContaining({ output: output('Hi', 'in_progress') }),
      expect.objectContaining({ output: output('Hi', 'incomplete') }),
    ]);
    expect(over({ state: 'failed' })[0]).toMatchObject({ output: output('Hi', 'in_progress') });
  });

  it('a stop and a failure have their own events', () => {
    update(delta(0, 'Hi'));
    update(end({ state: 'cancelled' }));
    expect(heard[2]?.data).toEqual({
      type: 'chat:tasks:cancel',
      data: { output: output('Hi', 'incomplete'), generation: 1, offset: 2 },
    });
    update(delta(0, 'Hi'));
    update(end({ state: 'failed', error: { code: 'UNAVAILABLE', message: 'The provider is down.' } }));
    expect(heard.at(-2)?.data).toEqual({
      type: 'chat:message:error',
      data: { error: { content: 'The provider is down.', code: 'UNAVAILABLE' } },
    });
  });

  it('a chat is inactive when the last of its answers has ended', () => {
    const other = run({ runId: 'r2', messageId: 'a2' });
    update(delta(0, 'Hi'));
    update(delta(0, 'Hi'), other);
    update(end({}));
    expect(heard.at(-1)?.data.type).toBe('chat:completion');
    update(end({}), other);
    expect(heard.at(-1)?.data.type).toBe('chat:active');
  });

  it.each([1, 300, 70_000])('a text of %d characters is framed', (length) => {
    update(delta(0, 'ä'.repeat(length)));
    expect(heard[1]?.data).toMatchObject({ data: { delta: 'ä'.repeat(length) } });
  });

  it('other events are passed on unchanged; completions without a chat are not sent', () => {
    const event = { chat_id: 'c', message_id: 'm', data: { type: 'chat:title', data: 'A "title"' } };
    relay.onEvent(event);
    update(delta(0, 'Hi'), run({ chatId: undefined, messageId: undefined }));
    expect(heard).toEqual([event]);
  });
});
