import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTable, untold } from './table';

const ROOT = join(import.meta.dirname, '../../../..');

const table = readTable(readFileSync(join(ROOT, 'deploy/README.md'), 'utf8'));
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'deploy'], {
  cwd: ROOT,
  encoding: 'utf8',
});
const files = tracked.split('\n').filter((path) => path !== '' && existsSync(join(ROOT, path)));

describe('the table in deploy/README.md', () => {
  it('has a row for each file under deploy/', () => {
    expect(untold(files, table)).toEqual([]);
  });

  it('has no row for what is gone', () => {
    const stale = table.filter(({ path }) => !files.some((file) => covers(path, file))).map(({ path }) => path);
    expect(stale).toEqual([]);
  });

  it('names a test that exists for each row', () => {
    expect(table.length).toBeGreaterThan(0);
    const missing = table.filter(({ test }) => !existsSync(join(ROOT, test))).map(({ test }) => test);
    expect(missing).toEqual([]);
  });

  it('finds a file without a row', () => {
    expect(untold(['deploy/compose/compose.yaml'], [])).toEqual(['deploy/compose/compose.yaml']);
  });
});

function covers(path: string, file: string): boolean {
  return untold([file], [{ path, state: 'run', test: '' }]).length === 0;
}
