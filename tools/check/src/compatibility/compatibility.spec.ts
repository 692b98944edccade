import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { breaks, checkCompatibility, refusingUnknown, unaccepted } from './compatibility.mjs';
import { type Messages, messagesIn, messagesOf } from './schemas.mjs';

const call = (request: z.ZodType, reply: z.ZodType = z.object({})): Messages =>
  new Map(messagesIn({ pattern: 'a.b', request, reply }));
const reply = (schema: z.ZodType) => call(z.object({}), schema);
const notice = (payload: z.ZodType): Messages => new Map(messagesIn({ channel: 'c', payload }));
const placesOf = (older: Messages, newer: Messages) => breaks(older, newer).map(({ place }) => place);

const id = z.object({ id: z.string().max(9) });

describe('what the previous version and this one cannot say to each other', () => {
  it.each<[string, Messages, Messages, string]>([
    ['a call that is gone', call(id), new Map(), 'call a.b request'],
    [
      'a field of a request that is gone',
      call(id.extend({ a: z.string().optional() })),
      call(id),
      'call a.b request.a',
    ],
    ['a field of a reply that is gone', reply(id), reply(z.object({})), 'call a.b reply.id'],
    [
      'a field in a list that is gone',
      reply(z.array(id.extend({ a: z.string().optional() }))),
      reply(z.array(id)),
      'call a.b reply[].a',
    ],
    ['a new required field of a request', call(z.object({})), call(id), 'call a.b request.id'],
    ['a field of a request that became required', call(id.partial()), call(id), 'call a.b request.id'],
    [
      'a field that the previous handler needs and this caller may leave out',
      call(id),
      call(id.partial()),
      'call a.b request.id',
    ],
    ['a new required field of a reply', reply(z.object({})), reply(id), 'call a.b reply.id'],
    ['a field of a reply that may be absent now', reply(id), reply(id.partial()), 'call a.b reply.id'],
    ['a lower maximum', call(id), call(z.object({ id: z.string().max(8) })), 'call a.b request.id'],
    [
      'a new maximum',
      call(z.object({ n: z.number() })),
      call(z.object({ n: z.number().max(5) })),
      'call a.b request.n',
    ],
    ['a new pattern', call(id), call(z.object({ id: z.string().max(9).regex(/^a/) })), 'call a.b request.id'],
    ['another type', call(id), call(z.object({ id: z.number() })), 'call a.b request.id'],
    [
      'a value that is refused now',
      call(z.object({ k: z.enum(['x', 'y']) })),
      call(z.object({ k: z.enum(['x']) })),
      'call a.b request.k',
    ],
    [
      'a new value in a reply',
      reply(z.object({ k: z.enum(['x']) })),
      reply(z.object({ k: z.enum(['x', 'y']) })),
      'call a.b reply.k',
    ],
    [
      'null in a reply',
      reply(z.object({ k: z.string() })),
      reply(z.object({ k: z.string().nullable() })),
      'call a.b reply.k',
    ],
    [
      'a new kind in a reply',
      reply(z.discriminatedUnion('k', [z.object({ k: z.literal('x') })])),
      reply(z.discriminatedUnion('k', [z.object({ k: z.literal('x') }), z.object({ k: z.literal('y') })])),
      'call a.b reply.k',
    ],
    [
      'a new value in a notice',
      notice(z.object({ k: z.enum(['x']) })),
      notice(z.object({ k: z.enum(['x', 'y']) })),
      'notice c payload.k',
    ],
    [
      'a shape for what had none',
      call(z.object({ v: z.unknown() })),
      call(z.object({ v: z.string().optional() })),
      'call a.b request.v',
    ],
    [
      'a body of a route',
      new Map(messagesIn({ method: 'POST', path: '/x', body: id, reply: id })),
      new Map(messagesIn({ method: 'POST', path: '/x', body: z.object({ id: z.uuid() }), reply: id })),
      'route POST /x body.id',
    ],
  ])('%s', (_, older, newer, place) => {
    expect(placesOf(older, newer)).toContain(place);
  });

  it.each<[string, Messages, Messages]>([
    ['a new call', new Map(), call(id)],
    ['a new optional field of a request', call(id), call(id.extend({ a: z.string().max(9).optional() }))],
    ['a new field of a request with a default', call(id), call(id.extend({ a: z.boolean().default(false) }))],
    ['a new optional field of a reply', reply(id), reply(id.extend({ a: z.string().optional() }))],
    ['a new value in a request', call(z.object({ k: z.enum(['x']) })), call(z.object({ k: z.enum(['x', 'y']) }))],
    ['a higher maximum in a request', call(id), call(z.object({ id: z.string().max(10) }))],
    [
      'null in a request',
      call(z.object({ k: z.string().max(9) })),
      call(z.object({ k: z.string().max(9).nullable() })),
    ],
    ['the same recursive shape', reply(tree()), reply(tree())],
  ])('%s is allowed', (_, older, newer) => {
    expect(breaks(older, newer)).toEqual([]);
  });

  it('says what to do', () => {
    expect(breaks(call(z.object({})), call(id))).toEqual([
      {
        place: 'call a.b request.id',
        what:
          'is required, and not always sent: this version would refuse what the previous one sends. Accept both: new fields are optional, ' +
          'maxima and values only grow',
      },
    ]);
  });

  it('is accepted with a reason, and only while it exists', () => {
    const found = breaks(call(id), call(id.partial()));
    const reason = 'no version has called it since the beginning';
    expect(unaccepted(found, [{ place: 'call a.b request.id', reason }])).toEqual([]);
    expect(unaccepted([], [{ place: 'call a.b request.id', reason }])).toEqual([
      'accepted.json: call a.b request.id is no break any more: remove the entry',
    ]);
    expect(() => unaccepted(found, [{ place: 'call a.b request.id', reason: '' }])).toThrow('nobody notices');
  });

  it('an object that refuses unknown fields is found, however deep', () => {
    expect(refusingUnknown(call(id))).toEqual([]);
    const [fault] = refusingUnknown(call(z.object({ list: z.array(z.strictObject({ a: z.number() })).max(3) })));
    expect(fault).toContain('call a.b request');
  });

  it('knows every kind of message of this version', async () => {
    const messages = await messagesOf();
    const kinds = new Set([...messages.keys()].map((name) => name.split(' ')[0]));
    expect([...kinds].sort()).toEqual(['call', 'job', 'notice', 'route']);
    expect(messages.size).toBeGreaterThan(300);
  }, 60_000);

  it('does not exist in the contracts', async () => {
    expect(await checkCompatibility()).toEqual([]);
  }, 60_000);
});

function tree(): z.ZodType {
  const node: z.ZodType = z.lazy(() => z.object({ name: z.string(), children: z.array(node) }));
  return node;
}
