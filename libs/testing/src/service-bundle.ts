import './inject';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { inject } from 'vitest';
import { runToEnd } from './process';
import { waitFor } from './wait';

const ROOT = resolve(import.meta.dirname, '../../..');
const TIMEOUT_MS = 60_000;

/** Where the services that a run of the tests builds lie: in the clone, from where npm packages are found. */
export function newBundlesDirectory(): string {
  return join(ROOT, 'node_modules/.cache/perennial', `bundles-${randomBytes(6).toString('hex')}`);
}

/**
 * The directory with the service of `apps/<name>` as it is shipped, built from the sources as they are now: once in a run of the tests, by
 * the file that first asks for it.
 */
export async function buildService(name: string): Promise<string> {
  const bundles = inject('bundlesDirectory');
  const dir = join(bundles, name);
  const lock = `${dir}.lock`;
  await mkdir(bundles, { recursive: true });
  await waitFor(() => existsSync(dir) || mkdir(lock).then(() => true), {
    timeoutMs: TIMEOUT_MS,
    what: `${name} to be built by another file`,
  });
  try {
    if (!existsSync(dir)) {
      await build(name, `${dir}.new`);
      await rename(`${dir}.new`, dir);
    }
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
  return dir;
}

async function build(name: string, outDir: string): Promise<void> {
  await runToEnd({
    name: 'vite build',
    command: process.execPath,
    args: [join(ROOT, 'node_modules/vite/bin/vite.js'), 'build', '--outDir', outDir, '--logLevel', 'error'],
    cwd: join(ROOT, 'apps', name),
  });
}
