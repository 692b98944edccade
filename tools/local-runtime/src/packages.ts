import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { unavailable } from './failure';
import { type FetchOptions, watching } from './progress';
import { run } from './run';

/** npm packages that a tool needs outside of the workspace, because they are too large, or have install scripts. */
export interface RuntimePackages {
  /** `name@version`, exact. */
  packages: readonly string[];
  /** Unused dependencies of theirs: each is replaced by a module with this source (CommonJS). */
  replaced?: Readonly<Record<string, string>>;
  /** Approximate size of `node_modules` before it is trimmed; only for the progress bar. */
  bytes: number;
  /** Removes files that this machine does not need, such as binaries for others. */
  trim?: (nodeModules: string) => Promise<void>;
}

/** Whether exactly these packages, for this platform, are completely installed below `<dir>/runtime`. */
export async function packagesReady(dir: string, runtime: RuntimePackages): Promise<boolean> {
  const mark = await readFile(resolve(dir, 'runtime', 'ready'), 'utf8').catch(() => undefined);
  return mark === markOf(runtime);
}

/**
 * Installs the packages below `<dir>/runtime/node_modules` if needed. No optional dependency is installed (CUDA builds are such) and no
 * install script runs. Installed beside its place and renamed when complete.
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
      // A concurrent start was faster.
      if (!(await packagesReady(dir, runtime))) throw error;
    });
  } catch (error) {
    throw unavailable(error, `${packages[0]} cannot be installed`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The project that npm installs into, with the modules that replace dependencies. */
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

/** Content of the `ready` file of a complete runtime: other versions, and another platform, are reinstalled. */
function markOf({ packages }: RuntimePackages): string {
  return `${packages.join(' ')} ${process.platform}-${process.arch}`;
}
