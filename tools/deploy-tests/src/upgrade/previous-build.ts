import { existsSync, lstatSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { previousRelease, releaseSources, samePackages } from '@perennial/build/previous-release';
import { SERVICES } from '@perennial/launcher';
import { runToEnd } from '@perennial/local-runtime/servers';

/**
 * The services of the version before this one, built from the commit that PREVIOUS_RELEASE names. A build is kept, so that the next test
 * needs none.
 *
 * @returns the folder of that clone; undefined if this clone's history lacks the commit (only without `CI`)
 */
export async function previousBuild(log: (line: string) => void): Promise<string | undefined> {
  const commit = previousRelease();
  if (commit === undefined) return undefined;
  const root = releaseSources(commit);
  const done = join(root, '.built');
  if (existsSync(done)) return root;
  const npm = { cwd: root, env: { NODE_ENV: undefined } };
  const folders = SERVICES.map((service) => `apps/${service}`);
  if (!samePackages(commit, folders) && lstatSync(join(root, 'node_modules/.bin')).isSymbolicLink()) {
    log(`installing the packages of ${commit.slice(0, 8)}, which are not those of this version`);
    rmSync(join(root, 'node_modules'), { recursive: true });
    await runToEnd({ ...npm, name: 'npm ci', command: 'npm', args: ['ci', '--no-audit', '--no-fund'] });
  }
  log(`building ${commit.slice(0, 8)}`);
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  await Promise.all(
    SERVICES.map((service) =>
      runToEnd({
        ...npm,
        name: `the build of ${service} of ${commit}`,
        command: process.execPath,
        args: [vite, 'build', '--logLevel', 'warn'],
        cwd: join(root, 'apps', service),
      }),
    ),
  );
  writeFileSync(done, '');
  return root;
}
