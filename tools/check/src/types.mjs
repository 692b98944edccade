import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './root.mjs';

const BASE = join(ROOT, 'tsconfig.base.json');
const PLACE = join(ROOT, 'node_modules', '.cache', 'perennial', 'types');

/**
 * A project's tsconfig.json; other fields are refused, because they would be ignored here.
 *
 * @typedef {{ extends: string, include: string[], compilerOptions?: Record<string, unknown> }} ProjectConfig
 * @typedef {{ compilerOptions: Record<string, unknown>, include: string[] }} Program `include` with paths from the clone's root
 */

/**
 * One program for all projects with the same options. With a program for each project the common imports (Nest, zod, the contracts) would be
 * read and checked once for each, which takes five times as long.
 *
 * @param {readonly { path: string, config: ProjectConfig }[]} projects `path`: of the tsconfig.json, from the clone's root
 * @returns {Program[]}
 */
export function programs(projects) {
  /** @type {Map<string, Program>} */
  const programs = new Map();
  for (const { path, config } of projects) {
    const { include, compilerOptions = {}, ...others } = config;
    if (join(dirname(path), others.extends) !== 'tsconfig.base.json' || Object.keys(others).length > 1) {
      throw new Error(`${path} may have include and compilerOptions beside extends, which names tsconfig.base.json`);
    }
    const key = JSON.stringify(compilerOptions);
    const program = programs.get(key) ?? { compilerOptions, include: [] };
    program.include.push(...include.map((pattern) => join(dirname(path), pattern)));
    programs.set(key, program);
  }
  return [...programs.values()];
}

/**
 * Writes the configurations of all programs.
 *
 * @returns {string[]} their paths, that of the largest program first
 */
export function writePrograms() {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*/tsconfig.json'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const paths = listed.split('\n').filter((path) => path !== '');
  const projects = paths.map((path) => ({ path, config: JSON.parse(readFileSync(join(ROOT, path), 'utf8')) }));
  mkdirSync(PLACE, { recursive: true });
  const bySize = programs(projects).sort((a, b) => b.include.length - a.include.length);
  return bySize.map(({ compilerOptions, include }, index) => {
    const config = {
      extends: BASE,
      compilerOptions,
      include: include.map((pattern) => join(ROOT, pattern)),
      exclude: [join(ROOT, 'node_modules'), join(ROOT, '**', 'dist')],
    };
    const path = join(PLACE, `${index}.json`);
    writeFileSync(path, JSON.stringify(config, undefined, 2));
    return path;
  });
}
