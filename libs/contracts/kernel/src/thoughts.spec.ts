import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ThoughtSplitter } from './thought-splitter';
import { splitThoughts } from './thoughts';

/** The splitter's output for a text in these pieces. */
function split(pieces: readonly string[]): { thoughts: string; answer: string } {
  let [thoughts, answer] = ['', ''];
  const splitter = new ThoughtSplitter({
    text: (text) => (answer += text),
    thought: (text) => (thoughts += text),
    unopened: () => {
      thoughts += answer;
      answer = '';
    },
  });
  for (const piece of pieces) splitter.feed(piece);
  splitter.end();
  return { thoughts: thoughts.trim(), answer };
}

const CASES: [name: string, text: string, thoughts: string, answer: string][] = [
  ['none', 'Hello <b>you</b>', '', 'Hello <b>you</b>'],
  ['at the start', '<think>\nhm\n</think>\n\nHello', 'hm', 'Hello'],
  ['without line breaks', '<think>hm</think>Hello', 'hm', 'Hello'],
  ['after blank lines', '\n\n<think>hm</think>Hello', 'hm', '\n\nHello'],
  ['after a newline', 'Hello\n<think>hm</think>\nyou', 'hm', 'Hello\nyou'],
  ['without an opening tag', 'hm, so\n</think>\n\nHello', 'hm, so', 'Hello'],
  ['without an opening tag, in one line', 'hm, so</think>Hello', 'hm, so', 'Hello'],
  ['interleaved', '<think>a</think>b\n<think>c</think>d', 'ac', 'b\nd'],
  ['by another name', '<thinking>a</thinking>b\n<Thought>c</Thought>d', 'ac', 'b\nd'],
  ['closed twice', '<think>a</think>\n</think>b', 'a', 'b'],
  ['never closed', '<think>a < b', 'a < b', ''],
  ['empty', '<think>\n\n</think>\n\nHello', '', 'Hello'],
  ['in a code block', 'So:\n```xml\n<think>\nhm\n</think>\n```\n', '', 'So:\n```xml\n<think>\nhm\n</think>\n```\n'],
  [
    'written about',
    'It begins with `<think>` and ends with `</think>`.',
    '',
    'It begins with `<think>` and ends with `</think>`.',
  ],
  ['within a line', 'The tag <think> opens', '', 'The tag <think> opens'],
  ['half a tag', 'a\n<thi', '', 'a\n<thi'],
];

describe('thoughts in a text', () => {
  it.each(CASES)('%s', (_, text, thoughts, answer) => {
    expect(split([text])).toEqual({ thoughts, answer });
    expect(splitThoughts(text).answer).toBe(answer);
  });

  it.each(CASES)('%s, however it is cut', (_, text, thoughts, answer) => {
    expect(split([...text])).toEqual({ thoughts, answer });
    for (let cut = 1; cut < text.length; cut++)
      expect(split([text.slice(0, cut), text.slice(cut)])).toEqual({ thoughts, answer });
  });

  it('is the same for every text and every cut', () => {
    const word = fc.constantFrom(
      '<think>',
      '</think>',
      '<',
      '\n',
      '```',
      '`',
      ' ',
      'a',
      '</',
      '~~~',
      '<thinking>',
      'think>',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 30 }), fc.array(fc.nat(40), { maxLength: 6 }), (words, cuts) => {
        const text = words.join('');
        const at = [0, ...cuts.map((cut) => Math.min(cut, text.length)), text.length].sort((a, b) => a - b);
        const pieces = at.slice(1).map((end, index) => text.slice(at[index], end));
        expect(split(pieces)).toEqual(split([text]));
      }),
    );
  });

  it('are also accepted in a separate field', () => {
    const seen: string[] = [];
    const splitter = new ThoughtSplitter({
      text: (text) => seen.push(`text ${text}`),
      thought: (text) => seen.push(`thought ${text}`),
      unopened: () => seen.push('unopened'),
    });
    splitter.thought('<think>hm');
    splitter.feed('\n\n</think>\n\nHello');
    splitter.end();
    expect(seen).toEqual(['thought hm', 'text Hello']);
  });

  it('lose their tags in a separate field, however they are cut', () => {
    const thoughtOf = (pieces: readonly string[]): string => {
      let thought = '';
      const splitter = new ThoughtSplitter({
        text: () => undefined,
        thought: (text) => (thought += text),
        unopened: () => undefined,
      });
      for (const piece of pieces) splitter.thought(piece);
      splitter.end();
      return thought;
    };
    const text = 'a </think> b <think>c < d </thi';
    for (let cut = 0; cut < text.length; cut++)
      expect(thoughtOf([text.slice(0, cut), text.slice(cut)])).toBe('a  b c < d </thi');
    expect(thoughtOf([...text])).toBe('a  b c < d </thi');
  });

  it('does not open in a continued text', () => {
    let text = '';
    const splitter = new ThoughtSplitter(
      { text: (piece) => (text += piece), thought: () => undefined, unopened: () => undefined },
      { continues: true },
    );
    splitter.feed('<think> is a tag, and so is </think>.');
    expect(text).toBe('<think> is a tag, and so is </think>.');
  });

  it('holds back a possible tag while the text grows', () => {
    expect(splitThoughts('<thi', { growing: true })).toEqual({ thoughts: '', answer: '' });
    expect(splitThoughts('<think>a</th', { growing: true })).toEqual({ thoughts: 'a', answer: '' });
    expect(splitThoughts('a <b', { growing: true }).answer).toBe('a <b');
  });

  it('keeps thoughts apart from each other, and whole', () => {
    expect(splitThoughts('<think>\na\n</think>\n\nb\n<think>c</think>d')).toEqual({
      thoughts: 'a\n\nc',
      answer: 'b\nd',
    });
  });
});
