import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEdge, type Edge } from '../../test/edge';
import { isNestedBeyond, MAX_NESTING, storable } from './json-body';

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

describe('nesting', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  it.each([
    [nested(3), 3, false],
    [nested(4), 3, true],
    ['[[],[],[],[{}]]', 3, false],
    ['"[[[["', 0, false],
    ['["\\"[[[[", "\\\\", []]', 2, false],
    ['["\\\\", [[]]]', 2, true],
    ['"never ends', 0, false],
  ])('%s beyond %i: %s', (json, limit, expected) => expect(isNestedBeyond(json, limit)).toBe(expected));

  // A look that takes the square of the length would outlast the test by hours.
  it('eight megabytes are looked through once', { timeout: 30_000 }, () => {
    expect(isNestedBeyond(`["${'x\\"'.repeat(2_600_000)}"]`, MAX_NESTING)).toBe(false);
    expect(isNestedBeyond(`[${'[],'.repeat(2_600_000)}0]`, MAX_NESTING)).toBe(false);
  });
});

describe('bodies at the edge', () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge.close());

  it.each([
    ['a body that is nested too deeply', `{"ui":${'['.repeat(5_000)}${']'.repeat(5_000)}}`, /nested too deeply/],
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
