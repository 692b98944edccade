import { expect, it } from 'vitest';
import { isSend, recalled } from './composer-keys';

const byEnter = { onScreen: false, control: false };
const enter = { key: 'Enter', shiftKey: false, ctrlKey: false, metaKey: false, isComposing: false, keyCode: 13 };

it('Enter sends, unless it is for a line or for an input method', () => {
  expect(isSend(enter, byEnter)).toBe(true);
  expect(isSend({ ...enter, shiftKey: true }, byEnter)).toBe(false);
  expect(isSend({ ...enter, isComposing: true }, byEnter)).toBe(false);
  // Safari: the composition has ended when the key comes.
  expect(isSend({ ...enter, keyCode: 229 }, byEnter)).toBe(false);
  expect(isSend(enter, { onScreen: true, control: false })).toBe(false);
  expect(isSend({ ...enter, key: 'a' }, byEnter)).toBe(false);
});

it('Ctrl+Enter sends for those who want it so, also where the keyboard is on the screen', () => {
  const byControl = { onScreen: true, control: true };
  expect(isSend(enter, byControl)).toBe(false);
  expect(isSend({ ...enter, ctrlKey: true }, byControl)).toBe(true);
  expect(isSend({ ...enter, metaKey: true }, byControl)).toBe(true);
  expect(isSend({ ...enter, ctrlKey: true, keyCode: 229 }, byControl)).toBe(false);
  expect(isSend({ ...enter, key: 'a', ctrlKey: true }, byControl)).toBe(false);
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
