import { describe, expect, it } from 'vitest';
import { KINDS } from './colours';
import { isKnownLanguage, runsOf } from './grammars';
import { LANGUAGES } from './languages';

/** Pieces with their kinds, in order. */
function pieces(language: string, text: string): string[] {
  const runs = runsOf(language, text);
  return Array.from({ length: runs.length / 3 }, (_, at) => {
    const [start, end, kind] = runs.subarray(3 * at);
    return `${KINDS[kind!]} ${text.slice(start, end)}`;
  });
}

describe('the pieces of code', () => {
  it('are words, strings, numbers, comments, calls and types', () => {
    expect(pieces('ts', "// Birds\nfunction count(all: Bird[]) { return all.length + 12 + 'é<&\"\\''; }")).toEqual([
      'comment // Birds',
      'word function',
      'call count',
      'type all',
      'type Bird',
      'word return',
      'number 12',
      "string 'é<&\"\\''",
    ]);
    expect(pieces('python', 'class Heron(Bird):\n    """Grey."""')).toEqual([
      'word class',
      'type Heron',
      'type Bird',
      'string """Grey."""',
    ]);
    expect(pieces('json', '{"a": true}')).toEqual(['type "a"', 'word true']);
    expect(pieces('diff', '+a\n-b')).toEqual(['string +a', 'type -b']);
  });

  it('are plain where code lies in a string', () => {
    expect(pieces('js', '`a ${b} c`')).toEqual(['string `a ', 'string  c`']);
  });

  it('are of the language in another one', () => {
    expect(pieces('html', '<p class="a">1</p><script>let b = 2</script>')).toEqual([
      ...['word p', 'type class', 'string "a"', 'word p', 'word script', 'word let', 'number 2', 'word script'],
    ]);
  });

  it('never leave the text, nor lie over each other, whatever the text is', () => {
    const text =
      '<a b="&amp;&lt;">&#x27;</a>\n/* "\' */ ${x} `\u0000\ud800 😀 &quot; </span><span class="hljs-x">\r\n'.repeat(3);
    for (const language of LANGUAGES) {
      const runs = runsOf(language, text);
      let last = 0;
      for (let at = 0; at < runs.length; at += 3) {
        expect(runs[at]).toBeGreaterThanOrEqual(last);
        expect(runs[at + 1]).toBeGreaterThan(runs[at]!);
        last = runs[at + 1]!;
      }
      expect(last).toBeLessThanOrEqual(text.length);
    }
  });

  it('are known for each language that the page asks for', () => {
    expect([...LANGUAGES].filter((name) => !isKnownLanguage(name))).toEqual([]);
    expect(isKnownLanguage('mermaid')).toBe(false);
  });
});
