import { describe, expect, it } from 'vitest';
import { measure } from './sizes.mjs';

const lines = (count: number): string => 'x;\n'.repeat(count);

describe('measure', () => {
  it('accepts a file within all budgets', () => {
    expect(measure('a.ts', lines(250))).toEqual({ errors: [], warnings: [] });
  });

  it('warns of a long file and refuses a very long one', () => {
    expect(measure('a.ts', lines(251)).warnings).toEqual(['a.ts:1 has 251 lines (aim for 250)']);
    expect(measure('a.ts', lines(501)).errors).toEqual(['a.ts:1 has 501 lines, at most 500 are allowed']);
    expect(measure('src/messages/fr.ts', lines(501))).toEqual({ errors: [], warnings: [] });
    expect(measure('src/messages/texts.ts', lines(501)).errors).toHaveLength(1);
    expect(measure('a.spec.ts', lines(400)).warnings).toEqual([]);
  });

  it('refuses a controller of more than 150 lines', () => {
    expect(measure('chats.controller.ts', lines(151)).errors).toEqual([
      'chats.controller.ts:1 is a controller of 151 lines, at most 150 are allowed',
    ]);
  });

  it('refuses a constructor of eleven dependencies, with its line', () => {
    const parameters = (count: number): string => Array.from({ length: count }, (_, n) => `p${n}: string`).join(', ');
    const source = (count: number): string => `class A {\n  constructor(${parameters(count)}) {}\n}\n`;
    expect(measure('a.ts', source(10)).errors).toEqual([]);
    expect(measure('a.ts', source(11)).errors).toEqual([
      'a.ts:2 a constructor takes 11 dependencies, at most 10 are allowed',
    ]);
  });
});
