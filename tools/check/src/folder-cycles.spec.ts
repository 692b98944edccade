import { describe, expect, it } from 'vitest';
import { cycleFaults, folderCycles, PLANTED_CYCLE } from './folder-cycles.mjs';

const sources = (files: Record<string, readonly string[]>): Map<string, string> =>
  new Map(
    Object.entries(files).map(([path, imports]) => [
      `apps/x/src/${path}.ts`,
      imports.map((each) => `import { a } from '${each}';`).join('\n'),
    ]),
  );

describe('folders that import each other', () => {
  it('are refused, and the planted ones are found', () => {
    expect(cycleFaults(PLANTED_CYCLE)).toEqual([
      'apps/gateway: these folders import each other in a circle: features/planted, http',
    ]);
  });

  it('are found through others', () => {
    const circle = sources({ 'a/1': ['../b/1'], 'b/1': ['../c'], 'c/index': ['../a/2'], 'a/2': [] });
    expect(folderCycles(circle).get('apps/x')).toEqual([['a', 'b', 'c']]);
  });

  it.each<[string, Record<string, readonly string[]>]>([
    ['one way', { 'a/1': ['../b/1'], 'b/1': [] }],
    ['a folder and its own', { 'a/1': ['./b/1'], 'a/b/1': ['../2'], 'a/2': [] }],
    ['what is at the top', { main: ['./a/1'], 'a/1': ['../env'], env: [] }],
    ['tests', { 'a/1.spec': ['../b/1'], 'b/1': ['../a/2'], 'a/2': [] }],
    ['other files of the same folders without a way back', { 'a/1': ['../b/1'], 'b/1': ['../c/1'], 'c/1': [] }],
  ])('are not: %s', (_, files) => expect(cycleFaults(sources(files))).toEqual([]));
});
