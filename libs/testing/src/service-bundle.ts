import './inject';
import './inject';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runToEnd, waitFor } from '@perennial/local-runtime/servers';
import { inject } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');
const TIMEOUT_MS = 60_000;

/** The directory of the services that a test run builds: inside the clone, so that npm packages are found from it. */
export function newBundlesDirectory(): string {
  return join(ROOT, 'node_modules/.cache/perennial', `bundles-${randomBytes(6).toString('hex')}`);
}

/**
 * The directory of the built service of `apps/<name>`, as it is shipped, from the current sources. The first file that asks for it builds it,
 * once per test run.
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
