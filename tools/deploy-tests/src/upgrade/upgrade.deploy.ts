import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { previousRelease } from '@perennial/build/previous-release';
import { ROOT } from '@perennial/launcher';
import { installedProgram } from '@perennial/local-runtime/servers';
import { missingServer } from '@perennial/testing';
import { expect, it } from 'vitest';

const missing = await missingServer('an upgrade behind HAProxy', () => installedProgram('haproxy', 'haproxy'));

/** The short form of `npm run upgrade:test`: one process of each service goes from the previous version to this one. */
it.skipIf(missing !== undefined || previousRelease() === undefined)(
  'an upgrade under load fails no request, loses no turn and sets no reader back',
  async () => {
    const program = join(ROOT, 'tools/deploy-tests/dist/upgrade.js');
    const { stdout } = await promisify(execFile)(process.execPath, [program, '--short'], { maxBuffer: 1e8 }).catch(
      (error: { stdout: string; stderr: string }) => {
        throw new Error(`${error.stdout}\n${error.stderr}`);
      },
    );
    const figures = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, number>;
    expect(figures).toMatchObject({ failed_requests: 0, lost: 0, resets_seen: 0 });
    expect(figures['requests']).toBeGreaterThan(200);
    expect(figures['turns']).toBeGreaterThan(5);
  },
  300_000,
);
