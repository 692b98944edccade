import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { ChatBody } from './request';

/** Reply of a server with a habit to a chat request. */
export interface HabitAnswer {
  /** Default 200. */
  status?: number;
  /** Instead of those of an event stream. */
  headers?: Record<string, string>;
  body: string | Buffer;
  /** Bytes that are written at once; default all. */
  pieceBytes?: number;
}

/** @param text of a server without habits */
export type Habit = (body: ChatBody, text: string) => HabitAnswer;

interface Delta extends Record<string, unknown> {
  content?: string;
}

const chunk = (delta: Delta, finish: string | null = null, more: object = {}): object => ({
  id: 'chatcmpl-habit',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'habit',
  choices: [{ index: 0, delta, finish_reason: finish }],
  ...more,
});
const event = (document: unknown): string => `data: ${JSON.stringify(document)}\n\n`;
const DONE = 'data: [DONE]\n\n';
const USAGE = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
const usageChunk = { id: 'chatcmpl-habit', object: 'chat.completion.chunk', choices: [], usage: USAGE };

/** The text in three deltas, then the end. */
function answer(text: string, more: object = {}): string {
  const third = Math.ceil(text.length / 3);
  const parts = [text.slice(0, third), text.slice(third, 2 * third), text.slice(2 * third)];
  return parts.map((content) => event(chunk({ content }, null, more))).join('') + event(chunk({}, 'stop', more)) + DONE;
}

const deltas = (...all: Delta[]): string =>
  all.map((delta) => event(chunk(delta))).join('') + event(chunk({}, 'stop')) + DONE;

function document(text: string): object {
  const message = { role: 'assistant', content: text };
  return { object: 'chat.completion', choices: [{ index: 0, message, finish_reason: 'stop' }], usage: USAGE };
}

const encoded = (encoding: string, body: string | Buffer): HabitAnswer => ({
  headers: { 'content-type': 'text/event-stream', 'content-encoding': encoding },
  body,
});

const typed = (type: string, body: string): HabitAnswer => ({ headers: { 'content-type': type }, body });

function refused(status: number, message: string): HabitAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ error: { message } }) };
}

/** Streamed or whole, as the request says. */
function asAsked(body: ChatBody, text: string): HabitAnswer {
  return body.stream ? { body: answer(text) } : typed('application/json', JSON.stringify(document(text)));
}

function withoutStreamOptions(status: number, message: string): Habit {
  return (body, text) => ({
    ...(body.stream_options === undefined ? asAsked(body, text) : refused(status, message)),
  });
}

const call = (index: number, id: string | undefined, name: string | undefined, part: string): Delta => ({
  tool_calls: [{ index, ...(id && { id, type: 'function' }), function: { ...(name && { name }), arguments: part } }],
});

/** A text with characters of one to four bytes; `reasoning` is what the thinking habits think. */
export const HABIT_TEXT = { unicode: 'Grüße 👋 日本 à', thought: 'Let me <b>think</b>.', answer: 'The answer.' };
const { unicode, thought, answer: said } = HABIT_TEXT;
const LARGE = 8 * 1024 * 1024;

/**
 * Known habits of servers that call themselves compatible, by the name after `-as` in a model id (`sim-t9-x-asgzip`).
 */
export const HABITS: Readonly<Record<string, Habit>> = {
  fastapi: () => ({
    status: 422,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      detail: [
        { type: 'missing', loc: ['body', 'messages', 0, 'role'], msg: 'Field required' },
        { type: 'int_type', loc: ['body', 'n'], msg: 'Input should be a valid integer' },
      ],
    }),
  }),
  html503: () => ({
    status: 503,
    headers: { 'content-type': 'text/html', 'retry-after': '60' },
    body: '<html><h1>503 Service Unavailable</h1></html>',
  }),
  bareerror: () => ({ body: '{"error":{"message":"Habitual error"}}\n' }),
  objecterror: () => ({ body: event({ object: 'error', message: 'Habitual error', code: 400 }) }),
  detail: () => ({ body: event({ detail: 'Habitual error' }) }),
  finisherror: (_, text) => ({ body: event(chunk({ content: text })) + event(chunk({}, 'error')) + DONE }),
  oddlines: (_, text) => ({
    body: `: hello\n\nretry: 10\n\ndata:\n\ndata: keep-alive\n\n${answer(text).replaceAll('data:', 'event: message\nid: 7\ndata:').replace('[DONE]', '[DONE] ')}`,
  }),
  cr: (_, text) => ({ body: answer(text).replaceAll('\n', '\r') }),
  crlf: (_, text) => ({ body: answer(text).replaceAll('\n', '\r\n') }),
  emptyerror: (_, text) => ({ body: answer(text, { error: {} }) + event(chunk({}, null, { error: null })) }),
  nullerror: (_, text) => ({ body: answer(text, { error: null }) }),
  jsontype: (_, text) => typed('application/json', answer(text)),
  plaintype: (_, text) => typed('text/plain; charset=utf-8', answer(text)),
  document: (_, text) => typed('application/json', JSON.stringify(document(text), null, 2)),
  messages: (_, text) => ({
    body:
      event({ choices: [{ index: 0, message: { content: text }, finish_reason: null }] }) +
      event(chunk({}, 'stop')) +
      DONE,
  }),
  gzip: (_, text) => encoded('gzip', gzipSync(answer(text))),
  deflate: (_, text) => encoded('deflate', deflateSync(answer(text))),
  br: (_, text) => encoded('br', brotliCompressSync(answer(text))),
  noencoding: (_, text) => encoded('', answer(text)),
  gzip429: () => ({
    ...encoded('gzip', gzipSync('{"error":{"message":"Habitual error"}}')),
    status: 400,
  }),
  nostreamoptions: withoutStreamOptions(400, 'Unrecognized request argument supplied: stream_options'),
  nostreamoptions422: withoutStreamOptions(422, 'stream_options: Extra inputs are not permitted'),
  // Fails for another reason with one prompt, and names fields in the error that it accepts with any other.
  misleading: (body, text) =>
    JSON.stringify(body.messages).includes('too much')
      ? refused(400, 'Request with stream_options, temperature and max_tokens is not supported: prompt too long')
      : { body: body.stream_options === undefined ? answer(text) : answer(text, { usage: USAGE }) },
  maxcompletion: (body, text) =>
    body.max_tokens === undefined
      ? asAsked(body, text)
      : refused(
          400,
          "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        ),
  notemperature: (body, text) =>
    (body as { temperature?: number }).temperature === undefined
      ? asAsked(body, text)
      : refused(
          400,
          "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
        ),
  usageeach: (_, text) => ({ body: answer(text, { usage: USAGE }) }),
  usagelast: (_, text) => ({ body: answer(text).replace(DONE, event(usageChunk) + DONE) }),
  nullchoices: (_, text) => ({ body: answer(text).replace(DONE, event({ ...usageChunk, choices: null }) + DONE) }),
  azure: (_, text) => ({
    body:
      event({ choices: [], prompt_filter_results: [{ prompt_index: 0, content_filter_results: {} }] }) + answer(text),
  }),
  unicode: () => ({ body: answer(unicode), pieceBytes: 1 }),
  // Each delta has half of a surrogate pair, like servers that cut by tokens.
  surrogates: () => ({
    body: deltas(...[...`${unicode}`].flatMap((letter) => letter.split('').map((half) => ({ content: half })))),
  }),
  reasoningcontent: () => ({ body: deltas({ reasoning_content: thought }, { content: said }) }),
  reasoning: () => ({ body: deltas({ reasoning: thought }, { content: said }) }),
  reasoningboth: () => ({
    body: deltas(
      { reasoning_content: '', reasoning: thought },
      { content: said, reasoning_content: '', reasoning: null },
    ),
  }),
  thinkstart: () => ({ body: deltas(...letters(`<think>\n${thought}\n</think>\n\n${said}`)) }),
  thinknewline: () => ({ body: deltas(...letters(`\n\n<think>${thought}</think>${said}`)) }),
  thinkunopened: () => ({ body: deltas(...letters(`${thought}\n</think>\n\n${said}`)) }),
  thinkinterleaved: () => ({ body: deltas(...letters(`<think>${thought}</think>The\n<think>More.</think> answer.`)) }),
  /** A task's answer with a draft of it in the thought. */
  thinktitle: (body) => asAsked(body, '<think>\nMaybe {"title": "A draft"}?\n</think>\n\n{"title": "The title"}'),
  tools: () => ({
    body: deltas(
      call(0, 'call_a', 'add', ''),
      call(1, 'call_b', 'mul', '{"x"'),
      call(0, undefined, undefined, '{"a":'),
      call(1, undefined, undefined, ':2}'),
      call(0, 'call_a', undefined, '1}'),
    ),
  }),
  large: () => ({ body: deltas({ content: 'x'.repeat(LARGE) }), pieceBytes: 1_400 }),
  many: () => ({ body: deltas(...Array.from({ length: 100_000 }, () => ({ content: 'x' }))) }),
};

function letters(text: string): Delta[] {
  return [...text].map((content) => ({ content }));
}

/** Model lists in other shapes, under `${url}/lists/<name>/v1`. */
export const LISTS: Readonly<Record<string, () => unknown>> = {
  bare: () => [{ id: 'a' }, { id: 'b' }],
  models: () => ({ models: [{ id: 'a' }, { id: 'b' }] }),
  names: () => ({ data: [{ name: 'a' }, { model: 'b' }] }),
  many: () => ({ data: Array.from({ length: 6_000 }, (_, index) => ({ id: `model-${index}` })) }),
  odd: () => ({ data: [{ id: 'x'.repeat(300) }, { id: '通义千问/плюс' }, { id: 'ü 👋' }] }),
};
