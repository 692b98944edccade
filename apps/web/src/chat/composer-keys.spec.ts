import { expect, it } from 'vitest';
import { isSend } from './composer-keys';

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
