import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkContracts, PLANTED_CONTRACTS, unbounded } from './contract-bounds.mjs';

describe('the maxima of contracts', () => {
  it.each(PLANTED_CONTRACTS)('refuses %s', (name, value) => {
    expect(unbounded(name, value)).not.toEqual([]);
  });

  it('names the place', () => {
    const body = z.object({ chat: z.object({ titles: z.array(z.string()) }) });
    expect(unbounded('CREATE', { body })).toEqual([
      'CREATE.body.chat.titles: a list without a maximum',
      'CREATE.body.chat.titles.[]: a text without a maximum',
    ]);
  });

  it.each([
    ['what is bounded', { body: z.object({ a: z.string().max(9), b: z.array(z.uuid()).max(9) }) }],
    ['values of no declared shape', { body: z.looseObject({ a: z.unknown() }) }],
    ['a word of a few', { query: z.object({ a: z.stringbool().catch(true), b: z.enum(['x']), c: z.literal('y') }) }],
    ['a reply without maxima', { pattern: 'a.b', reply: z.object({ a: z.array(z.string().min(1)) }) }],
    ['a hash in a reply', { pattern: 'a.b', reply: z.string().length(64) }],
  ])('allows %s', (_, value) => expect(unbounded('X', value)).toEqual([]));

  it('hold in every contract', async () => {
    const { count, faults } = await checkContracts();
    expect(count).toBeGreaterThan(200);
    expect(faults).toEqual([]);
  }, 60_000);
});
