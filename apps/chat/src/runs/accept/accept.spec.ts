import { describe, expect, it } from 'vitest';
import { jsonb } from '../types/json';
import { readContent } from './content';
import { encodingOf } from './encoding';
import { checkLimits, claimantBeside, mustSerialise } from './limits';

describe('content', () => {
  const read = (content: Parameters<typeof readContent>[0], hasFiles = false) =>
    readContent(content, { maxChars: 10, hasFiles });
  const image = { type: 'image_url', image_url: { url: 'data:' } };

  it('is text, or the text of its parts', () => {
    expect(read('hello')).toEqual({ text: 'hello', parts: null });
    expect(read([{ type: 'text', text: 'a' }, image])).toEqual({
      text: 'a',
      parts: [{ type: 'text', text: 'a' }, image],
    });
    expect(read([{ type: 'text', text: 'a' }])).toEqual({ text: 'a', parts: null });
    expect(read('a\u0000b\ud800').text).toBe('ab\ufffd');
  });

  it('may be empty only beside something else', () => {
    expect(() => read(' ')).toThrow('empty');
    expect(read('', true).text).toBe('');
    expect(read([image]).text).toBe('');
    expect(() => read('x'.repeat(11))).toThrow('11 characters; 10 are allowed');
  });
});

describe('encoding', () => {
  it.each([
    [{}, 'text'],
    [{ n: 1, logprobs: false, tools: [], response_format: { type: 'text' } }, 'text'],
    [{ n: 2 }, 'chunks'],
    [{ tools: [{}] }, 'chunks'],
    [{ logprobs: true }, 'chunks'],
    [{ response_format: { type: 'json_object' } }, 'chunks'],
  ])('of %j is %s', (body, encoding) => {
    expect(encodingOf(body)).toBe(encoding);
  });
});

describe('limits', () => {
  const limits = { maxRunsPerUser: 2, maxQueuedRuns: 5 };

  it('refuse one run too many', () => {
    checkLimits(limits, { active: 1, queued: 4 }, 1, true);
    expect(() => checkLimits(limits, { active: 2, queued: 0 }, 1, false)).toThrow(
      expect.objectContaining({ code: 'RESOURCE_EXHAUSTED' }),
    );
    expect(() => checkLimits(limits, { active: 0, queued: 5 }, 1, true)).toThrow(
      expect.objectContaining({ code: 'UNAVAILABLE' }),
    );
    // It never waits.
    checkLimits({ ...limits, maxQueuedRuns: 0 }, { active: 0, queued: 0 }, 1, false);
  });

  it('let a user who has nothing pass those who have answers, in the reserve only', () => {
    const reserve = { processId: 'p', isReserve: true };
    const room = { processId: 'p', isReserve: false };
    expect(claimantBeside({ active: 0, queued: 5 }, reserve)).toBe('p');
    expect(claimantBeside({ active: 1, queued: 0 }, reserve)).toBeNull();
    expect(claimantBeside({ active: 0, queued: 5 }, room)).toBeNull();
    expect(claimantBeside({ active: 1, queued: 0 }, room)).toBe('p');
    expect(claimantBeside({ active: 0, queued: 0 }, null)).toBeNull();
  });

  it('are checked serially only if concurrent accepts could exceed them together', () => {
    expect(mustSerialise(limits, 0)).toBe(true);
    expect(mustSerialise({ ...limits, maxRunsPerUser: 1_000 }, 300)).toBe(false);
  });
});

describe('jsonb', () => {
  it('leaves out what Postgres cannot store, and nothing else', () => {
    expect(jsonb({ a: 'x\u0000y', b: ['\ud83d\ude00', '\ud83d'] })).toBe('{"a":"xy","b":["😀","�"]}');
    expect(jsonb({ a: '\\u0000' })).toBe('{"a":"\\\\u0000"}');
  });
});
