import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { unavailable } from './failure';
import { type FetchOptions, watching } from './progress';
import { run } from './run';

/** Packages of npm that a tool needs beside the workspace: too large, or with install scripts, for everyone who clones it. */
export interface RuntimePackages {
  /** `name@version`, exact. */
  packages: readonly string[];
  /** Dependencies of theirs that are never used here: instead of each goes a module with this source (CommonJS). */
  replaced?: Readonly<Record<string, string>>;
  /** About what `node_modules` comes to before it is trimmed; only for the progress bar. */
  bytes: number;
  /** Removes what this machine does not need, such as binaries of others. */
  trim?: (nodeModules: string) => Promise<void>;
}

/** Whether exactly these packages, for this platform, are whole below `<dir>/runtime`. */
export async function packagesReady(dir: string, runtime: RuntimePackages): Promise<boolean> {
  const mark = await readFile(resolve(dir, 'runtime', 'ready'), 'utf8').catch(() => undefined);
  return mark === markOf(runtime);
}

/**
 * Sees to it that the packages are below `<dir>/runtime/node_modules`. No optional dependency is installed (CUDA builds are
 * such) and no install script is run. Made beside its place and renamed when it is whole.
 *
 * @throws Unavailable
 */
export async function fetchPackages(runtime: RuntimePackages, options: FetchOptions): Promise<void> {
  const { dir, onProgress, signal } = options;
  if (await packagesReady(dir, runtime)) return;
  const target = resolve(dir, 'runtime');
  const work = resolve(dir, `runtime-${process.pid}`);
  const { packages, bytes: total } = runtime;
  try {
    await rm(work, { recursive: true, force: true });
    await mkdir(work, { recursive: true });
    await writeManifest(work, runtime.replaced ?? {});
    const flags = [
      '--omit=optional',
      '--ignore-scripts',
      '--save-exact',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ];
    const args = ['install', '--prefix', work, ...flags, ...packages];
    await watching(work, { label: `Fetching ${packages[0]}`, total, onProgress }, () =>
      run('npm', args, { cwd: work, signal }),
    );
    await runtime.trim?.(join(work, 'node_modules'));
    await writeFile(join(work, 'ready'), markOf(runtime));
    if (await packagesReady(dir, runtime)) return;
    await rm(target, { recursive: true, force: true });
    await rename(work, target).catch(async (error: unknown) => {
      // Another start was faster.
      if (!(await packagesReady(dir, runtime))) throw error;
    });
  } catch (error) {
    throw unavailable(error, `${packages[0]} cannot be installed`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The project that npm installs into, with the modules that stand in for replaced dependencies. */
async function writeManifest(work: string, replaced: Readonly<Record<string, string>>): Promise<void> {
  const overrides: Record<string, string> = {};
  for (const [name, source] of Object.entries(replaced)) {
    const folder = join('replaced', name);
    overrides[name] = `file:./${folder}`;
    await mkdir(join(work, folder), { recursive: true });
    await writeFile(join(work, folder, 'package.json'), JSON.stringify({ name, version: '0.0.0', main: 'index.js' }));
    await writeFile(join(work, folder, 'index.js'), source);
  }
  const manifest = { name: 'perennial-local-runtime', version: '0.0.0', private: true, overrides };
  await writeFile(join(work, 'package.json'), JSON.stringify(manifest));
}

/** What the `ready` file of a whole runtime holds: other versions, and another platform, are installed anew. */
function markOf({ packages }: RuntimePackages): string {
  return `${packages.join(' ')} ${process.platform}-${process.arch}`;
}
