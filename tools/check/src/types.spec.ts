import { describe, expect, it } from 'vitest';
import { programs } from './types.mjs';

const config = (path: string, others: object = {}) => ({
  path,
  config: {
    extends: path.startsWith('e2e') ? '../tsconfig.base.json' : '../../tsconfig.base.json',
    include: ['src', '*.ts'],
    ...others,
  },
});
const dom = { compilerOptions: { lib: ['DOM'] } };

describe('programs', () => {
  it('is one for all projects with the same options', () => {
    const projects = [
      config('apps/a/tsconfig.json'),
      config('apps/web/tsconfig.json', dom),
      config('libs/b/tsconfig.json'),
    ];
    expect(programs([...projects, config('e2e/tsconfig.json', dom)])).toEqual([
      { compilerOptions: {}, include: ['apps/a/src', 'apps/a/*.ts', 'libs/b/src', 'libs/b/*.ts'] },
      { compilerOptions: dom.compilerOptions, include: ['apps/web/src', 'apps/web/*.ts', 'e2e/src', 'e2e/*.ts'] },
    ]);
  });

  it('refuses a configuration with fields that it would ignore', () => {
    const refused = (others: object) => () => programs([config('apps/a/tsconfig.json', others)]);
    expect(refused({ exclude: ['src/old'] })).toThrow('apps/a/tsconfig.json');
    expect(refused({ extends: '../tsconfig.json' })).toThrow('apps/a/tsconfig.json');
  });
});
