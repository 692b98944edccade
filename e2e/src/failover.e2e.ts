import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '@perennial/launcher';
import { expect, it } from 'vitest';

/** The short form of `npm run e2e:failover`, with each kind of fault once; the long one is run by hand and before a release. */
it('processes are killed during turns, and no user notices', async () => {
  const main = join(ROOT, 'e2e/dist/failover.js');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [main, '--turns', '40', '--kills', '3', '--seed', '7'],
    { maxBuffer: 1e8 },
  ).catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`${error.stdout}\n${error.stderr}`);
  });
  const figures = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, number>;
  expect(figures).toMatchObject({ lost: 0, duplicated: 0, failed_outside_outages: 0 });
  expect(figures.kills).toBeGreaterThan(4);
  expect(figures.turns).toBeGreaterThanOrEqual(40);
}, 420_000);
