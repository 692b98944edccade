import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonText } from './json';

function rewritten(...pieces: string[]): string {
  const text = new JsonText();
  return pieces.map((piece) => text.push(piece)).join('') + text.end();
}

describe('JSON as text', () => {
  it.each([
    ['an escaped letter', '"\\u00fcber"', '"über"'],
    ['two halves of a character', '"\\ud83d\\ude00"', '"😀"'],
    ['an escaped backslash before a u', '"\\\\u00fc"', '"\\\\u00fc"'],
    ['a quote and a line end stay escapes', '"\\u0022\\u000a\\n"', '"\\u0022\\u000a\\n"'],
    ['half an escape', '"\\u00"', '"\\u00"'],
    ['the beginning of an escape at the end', '\\u0', '\\u0'],
    [
      'a picture',
      `{"image":"data:image/png;base64,${'iVBORw0KGgo'.repeat(200)}="}`,
      '{"image":"data:image/png;base64,…"}',
    ],
    [
      'a picture whose slashes are escaped',
      `"data:image\\/png;base64,${'iVBORw0KGgo\\/'.repeat(200)}="`,
      '"data:image/png;base64,…"',
    ],
    ['an address whose slashes are escaped', '"https:\\/\\/example.org"', '"https://example.org"'],
    ['an escaped backslash before a slash', '"\\\\/"', '"\\\\/"'],
    ['a hash', `"${'ab12'.repeat(32)}"`, `"${'ab12'.repeat(32)}"`],
  ])('%s', (_, json, text) => expect(rewritten(json)).toBe(text));

  it('is the same wherever it is cut', () => {
    const parts = fc.constantFrom('\\u00fc', '\\\\', '\\n', '\\/', '"', 'word', ' ', 'A'.repeat(700), '\\u', 'ü');
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 6 }), (words, cuts) => {
        const json = words.join('');
        const at = [...new Set(cuts.map((cut) => cut % (json.length + 1)))].sort((a, b) => a - b);
        const pieces = [0, ...at].map((from, index) => json.slice(from, [...at, json.length][index]));
        expect(rewritten(...pieces)).toBe(rewritten(json));
      }),
    );
  });
});
