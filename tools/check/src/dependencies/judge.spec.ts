import { importsOf, packagesIn } from '@perennial/build/imports';
import { describe, expect, it } from 'vitest';
import { judge, judgeVersions } from './judge.mjs';

const needs = (run: string[], develop: string[] = [], shipped = true) => ({
  shipped,
  run: new Set(run),
  develop: new Set(develop),
});
const context = { tools: new Set(['vitest']), peersOf: (name: string) => (name === '@nestjs/core' ? ['rxjs'] : []) };
const manifest = (dependencies: Record<string, string>, devDependencies: Record<string, string> = {}) => ({
  ...{ name: '@perennial/planted', dependencies, devDependencies },
});

describe('the dependencies of a package', () => {
  it.each([
    ['imported, not listed', manifest({}), needs(['pg']), 'pg is imported, but is not in its dependencies'],
    [
      'a tool in what is shipped',
      manifest({}),
      needs(['vitest']),
      'vitest is imported, but is not in its dependencies',
    ],
    [
      'listed, not imported',
      manifest({ pg: '8.0.0' }),
      needs([]),
      'pg is in its dependencies, but nothing that runs imports it',
    ],
    [
      'only a test imports it',
      manifest({ pg: '8.0.0' }),
      needs([], ['pg']),
      'pg is in its dependencies, but nothing that runs',
    ],
    ['a test imports what nobody lists', manifest({}), needs([], ['pg']), 'pg is imported by a test or for its types'],
    [
      'nothing imports it',
      manifest({}, { pg: '8.0.0' }),
      needs([]),
      'pg is in its devDependencies, but nothing imports it',
    ],
    [
      'our own package',
      manifest({}),
      needs(['@perennial/words']),
      '@perennial/words is imported, but is not in its dependencies',
    ],
  ])('are refused: %s', (_, planted, asked, fault) => {
    expect(judge(planted, asked, context)).toEqual([expect.stringContaining(fault)]);
  });

  it('are right when each import is listed; tests may use the tools of the root, and a peer may be listed for another package', () => {
    const listed = manifest({ '@nestjs/core': '12.0.0', rxjs: '7.0.0' }, { 'socket.io-client': '4.0.0' });
    expect(judge(listed, needs(['@nestjs/core'], ['vitest', 'socket.io-client']), context)).toEqual([]);
    expect(judge(manifest({}), needs(['vitest'], [], false), context)).toEqual([]);
  });

  it('have one exact version in the whole repository', () => {
    expect(judgeVersions([manifest({ pg: '8.0.0' }), { ...manifest({ pg: '8.0.1' }), name: 'b' }])).toEqual([
      'b: pg is 8.0.1 here and 8.0.0 elsewhere',
    ]);
    expect(judgeVersions([manifest({ pg: '^8.0.0' })])).toEqual([expect.stringContaining('exact version')]);
  });
});

describe('the imports of a file', () => {
  it('are those that are left once the types are gone, and the files of packages that are looked up', async () => {
    const text = `
      import type { Pool } from 'pg';
      import { Redis, type RedisOptions } from 'ioredis';
      import { FastifyInstance } from 'fastify';
      import './own';
      import fs from 'node:fs';
      export { z } from 'zod/v4';
      const lazy = () => import('@scope/name/deep');
      const place = import.meta.resolve('pdfjs-dist/package.json');
      export const use = (pool: Pool, fastify: FastifyInstance): RedisOptions => new Redis(pool, fastify, fs, lazy, place).options;`;
    const { run, named } = await importsOf(new URL('./planted.ts', import.meta.url).pathname, text);
    expect([...run].sort()).toEqual(['@scope/name', 'ioredis', 'pdfjs-dist', 'zod']);
    expect([...named].sort()).toEqual(['@scope/name', 'fastify', 'ioredis', 'pdfjs-dist', 'pg', 'zod']);
  });

  it('are found in a built file too', () => {
    expect([...packagesIn('main.js', 'const a = await import("a/b"); import "c";')].sort()).toEqual(['a', 'c']);
  });
});
