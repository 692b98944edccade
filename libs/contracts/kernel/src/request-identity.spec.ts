import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineCall } from './call';
import { parseRequest, requestIdentity } from './request-identity';

const older = defineCall({
  pattern: 'chat.test.identity',
  effect: 'keyed',
  request: z.object({ text: z.string(), parts: z.array(z.object({ id: z.string() })) }),
  reply: z.object({}),
});
const newer = defineCall({
  ...older,
  pattern: 'chat.test.identity',
  request: z.object({
    text: z.string(),
    parts: z.array(z.object({ id: z.string(), tags: z.array(z.string()).default([]) })),
    archived: z.boolean().default(false),
    options: z.object({ deep: z.int().default(0) }).default({ deep: 0 }),
    note: z.string().optional(),
  }),
});

function identity(call: typeof older | typeof newer, request: unknown): unknown {
  const parsed = parseRequest(call, request);
  if (!parsed.success) throw parsed.error;
  return requestIdentity(parsed.data);
}

describe('the identity of a request', () => {
  const request = { text: 'x', parts: [{ id: '1' }] };

  it('is the same in a version that knows a field with a default and in one that does not', () => {
    const filled = newer.request.parse(request);
    expect(filled).toMatchObject({ archived: false, options: { deep: 0 } });
    const identities = [request, filled].flatMap((sent) => [identity(older, sent), identity(newer, sent)]);
    for (const each of identities) expect(each).toEqual(request);
  });

  it.each([
    { text: 'y' },
    { archived: true },
    { options: { deep: 1 } },
    { note: '' },
    { parts: [{ id: '1', tags: ['a'] }] },
  ])('changes with %j', (change) => expect(identity(newer, { ...request, ...change })).not.toEqual(request));

  it('of a value that was not parsed here is the value itself', () => {
    const value = { archived: false };
    expect(requestIdentity(value)).toBe(value);
    expect(requestIdentity(undefined)).toBeUndefined();
  });

  it('accepts loose objects with field names that every object has', () => {
    const loose = { ...older, request: z.looseObject({ text: z.string() }) };
    const sent = { text: 'x', valueOf: { a: 1 }, toString: 2, constructor: [] };
    const parsed = parseRequest(loose, sent);
    expect(requestIdentity(parsed.data)).toEqual(sent);
  });

  it('computes the absent value of a field once, not for each entry of a list', () => {
    let asked = 0;
    const colour = z.string().default(() => {
      asked += 1;
      return 'red';
    });
    const call = { ...older, request: z.object({ parts: z.array(z.object({ id: z.string(), colour })) }) };
    const parts = Array.from({ length: 100 }, (_, index) => ({ id: `${index}`, colour: index < 50 ? 'red' : 'blue' }));
    const { data } = parseRequest(call, { parts });
    const identified = requestIdentity(data) as { parts: object[] };
    expect(identified.parts.filter((part) => 'colour' in part)).toHaveLength(50);
    expect(asked).toBe(1);
  });

  it('never serialises a large value to compare it with a default', () => {
    const noJson = () => expect.unreachable();
    const call = {
      ...older,
      request: z.object({ note: z.unknown().optional(), files: z.looseObject({}).default({}) }),
    };
    const sent = { note: { text: 'x', toJSON: noJson }, files: { a: 1, toJSON: noJson } };
    expect(Object.keys(requestIdentity(parseRequest(call, sent).data) as object)).toEqual(['note', 'files']);
  });
});
