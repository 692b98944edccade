import { expect, it } from 'vitest';
import { cutText } from './cut-text';

it('a text is cut between graphemes', () => {
  expect(cutText('abc', 3)).toBe('abc');
  expect(cutText('abcd', 3)).toBe('abc');
  expect(cutText('ab👋', 3)).toBe('ab');
  expect(cutText('ab👨‍👩‍👧‍👦', 9)).toBe('ab');
  expect(cutText('abe\u0301', 3)).toBe('ab');
});
