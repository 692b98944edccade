import { describe, expect, it } from 'vitest';
import { formatCursor, parseCursor } from './cursor';

describe('the cursor of a run', () => {
  it.each([
    [{ epoch: 1, generation: 1, offset: 0 }, '1.1.0'],
    [{ epoch: 12, generation: 3, offset: 100_000 }, '12.3.100000'],
  ])('%j is %s', (cursor, text) => {
    expect(formatCursor(cursor)).toBe(text);
    expect(parseCursor(text)).toEqual(cursor);
  });

  it.each(['', '1.1', '1.1.1.1', '-1.1.1', '1.1.x', ' 1.1.1', '1.1.1e3', '1.1.9999999999999999'])(
    '%j is not a cursor',
    (text) => {
      expect(parseCursor(text)).toBeUndefined();
    },
  );
});
