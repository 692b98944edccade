import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runToEnd } from '@perennial/testing';

const APP = fileURLToPath(new URL('..', import.meta.url));
const ROOT = join(APP, '../..');

/** The service as it is shipped, built from the sources as they are now, in a directory from where npm packages are found. */
export async function buildRetrieval(): Promise<{ dir: string; remove: () => Promise<void> }> {
  const dir = join(ROOT, 'node_modules/.cache/perennial', `retrieval-${randomBytes(6).toString('hex')}`);
  await runToEnd({
    name: 'vite build',
    command: process.execPath,
    args: [join(ROOT, 'node_modules/vite/bin/vite.js'), 'build', '--outDir', dir, '--logLevel', 'error'],
    cwd: APP,
  });
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}
