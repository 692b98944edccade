import { expect, it } from 'vitest';
import { isSend, recalled } from './composer-keys';

const enter = { key: 'Enter', shiftKey: false, isComposing: false, keyCode: 13 };

it('Enter sends, unless it is for a line or for an input method', () => {
  expect(isSend(enter, false)).toBe(true);
  expect(isSend({ ...enter, shiftKey: true }, false)).toBe(false);
  expect(isSend({ ...enter, isComposing: true }, false)).toBe(false);
  // Safari: the composition has ended when the key comes.
  expect(isSend({ ...enter, keyCode: 229 }, false)).toBe(false);
  expect(isSend(enter, true)).toBe(false);
  expect(isSend({ ...enter, key: 'a' }, false)).toBe(false);
});

it('recalls earlier questions with Up in an empty box, and goes back with Down', () => {
  const asked = ['last', 'first'];
  expect(recalled('ArrowUp', '', asked)).toBe('last');
  expect(recalled('ArrowUp', 'last', asked)).toBe('first');
  expect(recalled('ArrowUp', 'first', asked)).toBeUndefined();
  expect(recalled('ArrowDown', 'first', asked)).toBe('last');
  expect(recalled('ArrowDown', 'last', asked)).toBe('');
  expect(recalled('ArrowDown', '', asked)).toBeUndefined();
  expect(recalled('ArrowUp', 'something of my own', asked)).toBeUndefined();
  expect(recalled('Enter', '', asked)).toBeUndefined();
});
