import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Edge, startEdge } from '../../test/edge';
import { BODY_LIMITS, excessOf, storable } from './json-body';

describe('JSON that a database can store', () => {
  it.each([
    ['"plain \\u00e9"', 'plain é'],
    ['"a\\u0000b"', 'ab'],
    ['"a\\\\u0000b"', 'a\\u0000b'],
    ['"a\\\\\\u0000b"', 'a\\b'],
    ['"\\ud83d\\ude00"', '😀'],
    ['"\\ud83d"', '\ufffd'],
    ['"\\ude00\\ud83d"', '\ufffd\ufffd'],
    ['"\\uD83Dx\\uDE00"', '\ufffdx\ufffd'],
    ['"\\ud83d\\ud83d\\ude00"', '\ufffd😀'],
    ['"\\"\\u0000\\""', '""'],
  ])('%s', (json, expected) => expect(JSON.parse(storable(json))).toBe(expected));

  it('text without such escapes is the same text', () => {
    const json = '{"a":"\\n\\u0041"}';
    expect(storable(json)).toBe(json);
  });
});

describe('the structure of a body is counted before it is parsed', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  const [levels, entries, values] = ['3 levels of lists and objects', '4 entries of one list or object', '10 values'];
  it.each([
    [nested(3), undefined],
    [nested(4), levels],
    ['[[],[],[{}]]', undefined],
    ['"[[[[,,,,,,,,,,"', undefined],
    ['["\\"[[[[", "\\\\", []]', undefined],
    ['["\\\\", [[[]]]]', levels],
    ['"never ends', undefined],
    ['[1,2,3,4]', undefined],
    ['[1,2,3,4,5]', entries],
    ['{"a":[1,2,3,4],"b":"1,2,3,4,5","c":3,"d":4}', undefined],
    ['{"a":1,"b":2,"c":3,"d":4,"e":5}', entries],
    ['[[1,2,3],[1,2,3],[]]', undefined],
    ['[[1,2,3],[1,2,3],[1,2]]', values],
    [']]]][[[[', undefined],
  ])('%s: %s', (json, excess) => expect(excessOf(json, { depth: 3, entries: 4, total: 10 })).toBe(excess));

  // A quadratic scan would exceed the test's time-out by hours.
  it('eight megabytes are scanned once', { timeout: 30_000 }, () => {
    const all = { ...BODY_LIMITS, entries: 1e9, total: 1e9 };
    expect(excessOf(`["${'x\\"'.repeat(2_600_000)}"]`, all)).toBeUndefined();
    expect(excessOf(`[${'[],'.repeat(2_600_000)}0]`, all)).toBeUndefined();
  });
});

describe('bodies at the edge', () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge.close());

  it.each([
    ['a body that is nested too deeply', `{"ui":${'['.repeat(5_000)}${']'.repeat(5_000)}}`, /at most 200 levels/],
    ['a list of too many', `{"ui":[1${',1'.repeat(10_000)}]}`, /at most 10000 entries/],
    [
      'an object of too many',
      `{${Array.from({ length: 10_001 }, (_, at) => `"${at}":0`).join(',')}}`,
      /at most 10000 entries/,
    ],
    ['too much in all', `[[0${`],[0${',0'.repeat(9_000)}`.repeat(60)}]]`, /at most 500000 values/],
    ['a key that reaches the prototype', '{"__proto__":{"role":"admin"}}', /not valid JSON/],
    ['the same by the constructor', '{"constructor":{"prototype":{"role":"admin"}}}', /not valid JSON/],
  ])('%s is 400 with a sentence', async (_, payload, sentence) => {
    const reply = await edge.app.inject({
      method: 'POST',
      url: '/api/v1/users/user/settings/update',
      headers: { ...edge.account('user').headers, 'content-type': 'application/json' },
      payload,
    });
    expect(reply.statusCode).toBe(400);
    expect(reply.json<{ detail: string }>().detail).toMatch(sentence);
    expect(({} as { role?: string }).role).toBeUndefined();
  });

  it.each(['/%', '/api/v1/chats/%zz', '/api/v1/chats/search?text=%00'])(
    'the malformed address %s is 400 with a sentence',
    async (url) => {
      const reply = await edge.app.inject({ method: 'GET', url, headers: edge.account('user').headers });
      expect(reply.statusCode).toBe(400);
      expect(reply.json<{ detail: string }>().detail).toMatch(/address is malformed/);
    },
  );
});
