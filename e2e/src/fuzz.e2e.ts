import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '@perennial/launcher';
import { expect, it } from 'vitest';

/** The short form of `npm run fuzz`. It fails by its exit code; what it says then is what was found. */
it('hostile input causes no error 500, no crash and no delay of others', async () => {
  const main = join(ROOT, 'tools/fuzz/dist/main.js');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [main, '--requests', '1000', '--seconds', '12', '--seed', '7', '--half-sent', '1500'],
    { maxBuffer: 1e8 },
  ).catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`${error.stdout}\n${error.stderr}`);
  });
  const figures = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, number>;
  expect(figures).toMatchObject({ status_500: 0, deaths: 0, amplified: 0 });
  expect(figures.requests).toBeGreaterThanOrEqual(1_000);
}, 240_000);
