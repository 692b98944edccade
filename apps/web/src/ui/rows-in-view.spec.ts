import { expect, it } from 'vitest';
import { rowsInView } from './rows-in-view';

it('has the rows in view and a few beside them, however many there are', () => {
  expect(rowsInView(100_000, 40, 0, 400)).toEqual({ from: 0, to: 16 });
  expect(rowsInView(100_000, 40, 4_000, 400)).toEqual({ from: 94, to: 116 });
  expect(rowsInView(100_000, 40, 3_999_600, 400)).toEqual({ from: 99_984, to: 100_000 });
  expect(rowsInView(3, 40, 0, 400)).toEqual({ from: 0, to: 3 });
  expect(rowsInView(0, 40, 0, 400)).toEqual({ from: 0, to: 0 });
  // The list became shorter, and has not scrolled back yet.
  expect(rowsInView(3, 40, 4_000, 400)).toEqual({ from: 3, to: 3 });
});
