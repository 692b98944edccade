import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventSink, StreamDecoder } from './decoder';
import { MAX_EVENT_BYTES } from './lines';
import { OllamaDecoder } from './ollama-decoder';
import { OpenAiDecoder } from './openai-decoder';

class Recorder implements EventSink {
  readonly seen: unknown[] = [];
  text = (text: string) => void this.seen.push(['text', text]);
  reasoning = (text: string) => void this.seen.push(['reasoning', text]);
  chunk = (chunk: unknown) => void this.seen.push(['chunk', chunk]);
  finishReason = (reason: string) => void this.seen.push(['finish', reason]);
  usage = (usage: unknown) => void this.seen.push(['usage', usage]);
  systemFingerprint = (fingerprint: string) => void this.seen.push(['fingerprint', fingerprint]);
  done = () => void this.seen.push(['done']);
}

type MakeDecoder = (sink: EventSink) => StreamDecoder;
const openAi: MakeDecoder = (sink) => new OpenAiDecoder(sink, false);
const ollama: MakeDecoder = (sink) => new OllamaDecoder(sink, false);

/** The decoder's events for a body in these pieces; an error is the last one. */
function decode(make: MakeDecoder, pieces: readonly Buffer[]): unknown[] {
  const sink = new Recorder();
  const decoder = make(sink);
  try {
    for (const piece of pieces) decoder.feed(piece);
    decoder.finish();
  } catch (error) {
    sink.seen.push(['error', (error as Error).message]);
  }
  return sink.seen;
}

const whole = (make: MakeDecoder, body: string): unknown[] => decode(make, [Buffer.from(body)]);

function cutAt(body: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((cut) => Math.min(cut, body.length)).sort((a, b) => a - b), body.length];
  return at.slice(1).map((end, index) => body.subarray(at[index], end));
}

const inPieces = (body: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(body.length / size) }, (_, index) => body.subarray(index * size, (index + 1) * size));

const sse = (...documents: unknown[]) => documents.map((document) => `data: ${JSON.stringify(document)}\n\n`).join('');
const line = (document: unknown) => `${JSON.stringify(document)}\n`;
const delta = (content: object, finish: string | null = null) => ({
  choices: [{ index: 0, delta: content, finish_reason: finish }],
});
const ANSWER = sse(
  { choices: [], prompt_filter_results: [{}] },
  { ...delta({ role: 'assistant', content: '' }), system_fingerprint: 'fp', error: {}, usage: null },
  delta({ content: 'Grüße 👋 ' }),
  delta({ reasoning_content: '', reasoning: 'hm' }),
  delta({ content: 'à' }, 'stop'),
  { choices: null, usage: { completion_tokens: 2 } },
);
const EXPECTED = [
  ['fingerprint', 'fp'],
  ['text', 'Grüße 👋 '],
  ['reasoning', 'hm'],
  ['text', 'à'],
  ['finish', 'stop'],
  ['usage', { completion_tokens: 2 }],
  ['done'],
];

const BODIES: [name: string, make: MakeDecoder, body: string, expected: unknown[]][] = [
  ['LF', openAi, `${ANSWER}data: [DONE]\n\n`, EXPECTED],
  ['CRLF', openAi, `${ANSWER}data: [DONE]\n\n`.replaceAll('\n', '\r\n'), EXPECTED],
  ['CR', openAi, `${ANSWER}data: [DONE]\n\n`.replaceAll('\n', '\r'), EXPECTED],
  [
    'keep-alives, other fields and a byte order mark',
    openAi,
    `\uFEFF: OPENROUTER PROCESSING\n\nretry: 3\nid: 1\nevent: message\ndata:\n\ndata: keep-alive\n\n${ANSWER}data: [DONE] \n\n`,
    EXPECTED,
  ],
  ['no empty lines between events', openAi, `${ANSWER}data: [DONE]\n`.replaceAll('\n\n', '\n'), EXPECTED],
  ['no [DONE] and no last line break', openAi, ANSWER.trimEnd(), EXPECTED.slice(0, -1)],
  ['lines without data:', openAi, ANSWER.replaceAll('data: ', ''), EXPECTED.slice(0, -1)],
  [
    'one document over several lines',
    openAi,
    JSON.stringify({ object: 'chat.completion', choices: [{ message: { content: 'à' } }] }, null, 2),
    [
      ['text', 'à'],
      ['finish', 'stop'],
    ],
  ],
  [
    'an error after text, over several lines',
    openAi,
    sse(delta({ content: 'à' })) + JSON.stringify({ error: { message: 'no' } }, null, 2),
    [
      ['text', 'à'],
      ['error', 'no'],
    ],
  ],
  [
    'Ollama',
    ollama,
    `${line({ message: { thinking: 'hm' } })}\r\n${line({ message: { content: 'já 👋' } })}${line({ done: true }).trimEnd()}`,
    [['reasoning', 'hm'], ['text', 'já 👋'], ['finish', 'stop'], ['done']],
  ],
];

describe.each(BODIES)('a stream with %s', (_, make, text, expected) => {
  const body = Buffer.from(text);

  it('is decoded as a whole, and byte by byte', () => {
    expect(decode(make, [body])).toEqual(expected);
    expect(decode(make, inPieces(body, 1))).toEqual(expected);
  });

  it('is decoded with one cut at any position', () => {
    for (let cut = 0; cut <= body.length; cut++) expect(decode(make, cutAt(body, [cut]))).toEqual(expected);
  });

  it('is decoded with any cuts', () => {
    const cuts = fc.array(fc.nat(body.length), { maxLength: 12 });
    fc.assert(
      fc.property(cuts, (at) => {
        expect(decode(make, cutAt(body, at))).toEqual(expected);
      }),
    );
  });
});

describe('a large stream', () => {
  // A decoder that rescans its input would not finish within the test's time-out.
  it.each([
    ['OpenAI', openAi, (text: string) => sse(delta({ content: text }))],
    ['Ollama', ollama, (text: string) => line({ message: { content: text } })],
  ])('is decoded in time when one event comes in thousands of pieces (%s)', (_, make, event) => {
    for (const megabytes of [4, 8]) {
      const text = 'x'.repeat(megabytes * 1024 * 1024);
      const seen = decode(make, inPieces(Buffer.from(event(text)), 1_400));
      expect((seen[0] as string[])[1]?.length).toBe(text.length);
    }
  });

  it('is decoded in time when 100 000 events come in one piece', () => {
    const [openAiEvent, ollamaLine] = [sse(delta({ content: 'x' })), line({ message: { content: 'x' } })];
    expect(whole(openAi, openAiEvent.repeat(100_000))).toHaveLength(100_000);
    expect(whole(ollama, ollamaLine.repeat(100_000))).toHaveLength(100_000);
  });

  it.each([
    ['a line', openAi, 'data: '],
    ['an event of many lines', openAi, `data: ${'x'.repeat(1024 * 1024)}\n`],
    ['a document', openAi, '{\n'],
    ['a line of Ollama', ollama, '{'],
  ])('is refused when %s is endless', (_, make, start) => {
    const block = start.endsWith('\n') ? start.repeat(2) + `${' '.repeat(1024 * 1024)}\n` : ' '.repeat(1024 * 1024);
    const blocks = [start, ...Array.from({ length: MAX_EVENT_BYTES / 1024 / 1024 + 1 }, () => block)];
    const said = decode(
      make,
      blocks.map((text) => Buffer.from(text)),
    );
    expect(said).toEqual([['error', 'The provider sent an event of more than 16 MB']]);
  });

  it('keeps only the needed bytes of a piece', () => {
    const sink = new Recorder();
    const decoder = openAi(sink);
    const piece = Buffer.alloc(1);
    for (const byte of Buffer.from(sse(delta({ content: 'Grüße' })))) {
      piece[0] = byte;
      decoder.feed(piece);
    }
    expect(sink.seen).toEqual([['text', 'Grüße']]);
  });

  it.each([
    ['an event', 'data:\n'],
    ['a document', '\n'],
  ])('is refused when %s of empty lines is endless', (_, line) => {
    const said = decode(openAi, [Buffer.from(line === '\n' ? '{\n' : line), Buffer.from(line.repeat(300_000))]);
    expect(said).toEqual([['error', 'The provider sent an event of more than 16 MB']]);
  });
});

describe('OpenAiDecoder', () => {
  it('accepts content in parts, and other names of reasoning', () => {
    const content = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
      { type: 'text', text: 'yes' },
    ];
    expect(whole(openAi, sse(delta({ reasoning: 'so' }), delta({ content })))).toEqual([
      ['reasoning', 'so'],
      ['reasoning', 'hm'],
      ['text', 'yes'],
    ]);
  });

  it('ends at [DONE] and ignores the rest', () => {
    expect(whole(openAi, `data: [DONE]\n\n${sse(delta({ content: 'late' }))}`)).toEqual([['done']]);
  });

  it('ignores half a line at the end', () => {
    expect(whole(openAi, 'data: {"choices":[{"del')).toEqual([]);
  });

  it.each(['null', '3', '"text"', '{', '[1]'])('refuses a chunk that is not an object: %s', (data) => {
    const sink = new Recorder();
    expect(() => openAi(sink).feed(Buffer.from(`data: ${data}\n\n`))).toThrow('malformed chunk');
  });

  it('keeps the text that comes with an error', () => {
    const last = { ...delta({ content: 'b' }, 'error'), error: { message: 'no', code: 429 } };
    expect(whole(openAi, sse(delta({ content: 'a' }), last))).toEqual([
      ['text', 'a'],
      ['text', 'b'],
      ['error', 'no'],
    ]);
  });

  it('gives each tool call one index, for every way in which pieces name it', () => {
    const make: MakeDecoder = (sink) => new OpenAiDecoder(sink, true);
    const call = (fields: object, part: string) =>
      delta({ tool_calls: [{ ...fields, function: { arguments: part } }] });
    const indexes = (...chunks: object[]) =>
      whole(make, sse(...chunks)).map((seen) => {
        const [, chunk] = seen as [string, { choices: { delta: { tool_calls: { index: number }[] } }[] }];
        return chunk.choices[0]!.delta.tool_calls.map(({ index }) => index);
      });
    // By index, interleaved, the id only with the first piece.
    expect(
      indexes(
        call({ index: 0, id: 'a' }, '{'),
        call({ index: 1, id: 'b' }, '{'),
        call({ index: 0 }, '}'),
        call({ index: 1 }, '}'),
      ),
    ).toEqual([[0], [1], [0], [1]]);
    // All of one index, the id with each piece.
    expect(
      indexes(call({ index: 0, id: 'a' }, '{'), call({ index: 0, id: 'b' }, '{'), call({ index: 0, id: 'a' }, '}')),
    ).toEqual([[0], [1], [0]]);
    // Without any index.
    expect(indexes(call({ id: 'a' }, '{'), call({}, '}'), call({ id: 'b' }, '{'), call({}, '}'))).toEqual([
      [0],
      [0],
      [1],
      [1],
    ]);
    // Whole calls of a whole message.
    const message = { tool_calls: [{ function: { name: 'a' } }, { function: { name: 'b' } }] };
    expect(indexes({ choices: [{ index: 0, message }] })).toEqual([[0, 1]]);
  });
});

describe('OllamaDecoder', () => {
  it('translates tool calls into OpenAI chunks', () => {
    const tool_calls = [{ function: { name: 'add', arguments: { a: 1 } } }];
    const first = { model: 'm', message: { role: 'assistant', tool_calls } };
    const last = {
      model: 'm',
      message: { content: '' },
      done: true,
      done_reason: 'stop',
      prompt_eval_count: 3,
      eval_count: 4,
    };
    expect(whole((sink) => new OllamaDecoder(sink, true), line(first) + line(last))).toMatchObject([
      [
        'chunk',
        {
          choices: [
            {
              delta: { tool_calls: [{ index: 0, type: 'function', function: { name: 'add', arguments: '{"a":1}' } }] },
            },
          ],
        },
      ],
      ['chunk', { choices: [{ finish_reason: 'tool_calls' }], usage: { total_tokens: 7 } }],
      ['usage', { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 }],
      ['finish', 'tool_calls'],
      ['done'],
    ]);
  });
});
