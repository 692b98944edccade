import { expect, it } from 'vitest';
import { Outgoing, unitsOf } from './outgoing';
import { EVENT } from './protocol';

it('joins only consecutive text of one answer', () => {
  const out = new Outgoing();
  out.add(1, EVENT.text, 'a');
  out.add(2, EVENT.reasoning, 'hm');
  out.add(1, EVENT.text, 'b');
  out.add(2, EVENT.text, 'c');
  out.add(3, EVENT.choices, '[1]');
  out.add(3, EVENT.choices, '[2]');
  out.add(1, EVENT.end, '{}');
  expect(out.units).toBe(13);
  const batch = out.take();
  expect(batch).toEqual([
    ...[1, EVENT.text, 'ab', 1, EVENT.end, '{}'],
    ...[2, EVENT.reasoning, 'hm', 2, EVENT.text, 'c'],
    ...[3, EVENT.choices, '[1]', 3, EVENT.choices, '[2]'],
  ]);
  expect(unitsOf(batch)).toBe(13);
  expect([out.isEmpty, out.units]).toEqual([true, 0]);
});

it('sends urgent answers separately, and forgets dropped ones', () => {
  const out = new Outgoing();
  for (const id of [1, 2, 3]) out.add(id, EVENT.text, 'text');
  out.hurry(2);
  expect(out.takeUrgent()).toEqual([2, EVENT.text, 'text']);
  expect(out.isUrgent).toBe(false);
  out.hurry(3);
  out.drop(3);
  expect(out.takeUrgent()).toEqual([]);
  expect(out.units).toBe(4);
  expect(out.take()).toEqual([1, EVENT.text, 'text']);
});
