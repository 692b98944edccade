import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runToEnd } from './process';

const ROOT = resolve(import.meta.dirname, '../../..');

/** A service as it is shipped, in a directory of its own. */
export interface ServiceBundle {
  readonly dir: string;
  remove(): Promise<void>;
}

/** Builds the service of `apps/<name>` from the sources as they are now, in a directory from where npm packages are found. */
export async function buildService(name: string): Promise<ServiceBundle> {
  const dir = join(ROOT, 'node_modules/.cache/perennial', `${name}-${randomBytes(6).toString('hex')}`);
  await runToEnd({
    name: 'vite build',
    command: process.execPath,
    args: [join(ROOT, 'node_modules/vite/bin/vite.js'), 'build', '--outDir', dir, '--logLevel', 'error'],
    cwd: join(ROOT, 'apps', name),
  });
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}
