import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '@perennial/launcher';
import { expect, it } from 'vitest';

/** The short form of `npm run chaos`. What it found is in its output: the first violation in plain words, and the command that repeats it. */
it('people work while everything fails, and no invariant is broken', async () => {
  const main = join(ROOT, 'tools/chaos/dist/main.js');
  const { stdout } = await promisify(execFile)(process.execPath, [main, '--short', '--seed', '7'], {
    cwd: ROOT,
    maxBuffer: 1e8,
  }).catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`${error.stdout}\n${error.stderr}`);
  });
  const figures = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, number>;
  expect(figures).toMatchObject({ violations: 0, failed_requests_outside_outages: 0 });
  expect(figures.faults).toBeGreaterThanOrEqual(10);
  expect(figures.turns).toBeGreaterThanOrEqual(100);
}, 300_000);
