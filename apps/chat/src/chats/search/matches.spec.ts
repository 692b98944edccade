import { queryWords } from '@perennial/words';
import { describe, expect, it } from 'vitest';
import { matchesOf } from './matches';

describe('the matches of a search', () => {
  it.each([
    ['Der große ÄRGER', 'arger', ['ÄRGER']],
    ['Der große ÄRGER', 'GROSSE der', ['Der', 'große']],
    ['Straße STRASSE', 'strasse', ['Straße', 'STRASSE']],
    ['cafe\u0301 and café', 'café', ['cafe\u0301', 'café']],
    ['Arbeitssicherheit', 'sicherheit', ['sicherheit']],
    // Fewer than three characters are whole words.
    ['to go to Toledo', 'to', ['to', 'to']],
    ['日本語の文章', '日本語', ['日本語']],
    ['𝒳 😀 needle', 'needle', ['needle']],
    ['plain', 'other', []],
    ['a-b', 'ab', []],
  ])('in %j of %j are %j', (text, query, expected) => {
    expect(matchesOf(text, queryWords(query)).map(({ from, to }) => text.slice(from, to))).toEqual(expected);
  });

  it('are limited', () => {
    expect(matchesOf('abc '.repeat(500), ['abc'])).toHaveLength(50);
  });
});
