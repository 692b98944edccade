import { describe, expect, it } from 'vitest';
import { PLANTED_SMALL, smallFileFaults } from './small-files.mjs';

const user = (from: string): string => `import { A } from '${from}';\n`;

describe('small files', () => {
  it('with one user are refused, and the planted one is found', () => {
    expect(smallFileFaults(PLANTED_SMALL)).toEqual([
      'apps/chat/src/planted/planted-token.ts has 1 lines and one user: move it to apps/chat/src/planted/planted.ts',
    ]);
  });

  it.each<[string, Record<string, string>]>([
    ['two users', { 'a/b.ts': '1\n', 'a/c.ts': user('./b'), 'a/d.ts': user('./b') }],
    ['a test of its own', { 'a/b.ts': '1\n', 'a/c.ts': user('./b'), 'a/b.spec.ts': user('./b') }],
    ['fifteen lines', { 'a/b.ts': '1\n'.repeat(15), 'a/c.ts': user('./b') }],
    ['a name that decides its place', { 'a/b.module.ts': '1\n', 'a/c.ts': user('./b.module') }],
    ['the entry of a library as its user', { 'a/b.ts': '1\n', 'index.ts': user('./a/b') }],
  ])('are allowed with %s', (_, files) => {
    const sources = new Map(Object.entries(files).map(([path, text]) => [`libs/x/src/${path}`, text]));
    expect(smallFileFaults(sources)).toEqual([]);
  });
});
