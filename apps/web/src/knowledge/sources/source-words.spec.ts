import { expect, it } from 'vitest';
import { fromNow, intervalChoices } from './source-words';

it('tells times from now in the largest unit that fits', () => {
  expect([0, -59, -60, -7_199, 86_400 * 3, 90].map((apart) => fromNow(1_000_000 + apart, 1_000_000))).toEqual([
    'now',
    '59 seconds ago',
    '1 minute ago',
    '1 hour ago',
    'in 3 days',
    'in 1 minute',
  ]);
});

it('offers a strange interval while it is the present one', () => {
  expect(intervalChoices(86_400)).toHaveLength(5);
  expect(intervalChoices(null)).toHaveLength(5);
  expect(intervalChoices(5_400)[0]).toEqual(['5400', 'Each 90 minutes']);
});
