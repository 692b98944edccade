import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The used part of `onnxruntime-web`. It is installed on demand outside the workspace, so its own types are not available. */
export interface OnnxRuntime {
  env: { wasm: { numThreads: number } };
  InferenceSession: { create(path: string, options: { executionProviders: string[] }): Promise<Session> };
  Tensor: new (type: 'int64', data: BigInt64Array, dims: number[]) => Tensor;
}

export interface Tensor {
  data: ArrayLike<number>;
  dims: readonly number[];
}

export interface Session {
  inputNames: readonly string[];
  outputNames: readonly string[];
  run(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>>;
}

/** The used part of `@huggingface/tokenizers`, installed likewise. */
export interface Tokenizer {
  encode(text: string): { ids: number[] };
}

/** @param dir where {@link fetchLocalEmbedder} has installed it; absolute */
export async function importOnnxRuntime(dir: string): Promise<OnnxRuntime> {
  return (await importInstalled(dir, 'onnxruntime-web/dist/ort.node.min.mjs')) as OnnxRuntime;
}

/** @param files content of `tokenizer.json` and `tokenizer_config.json` */
export async function loadTokenizer(dir: string, files: { tokenizer: object; config: object }): Promise<Tokenizer> {
  const { Tokenizer } = (await importInstalled(dir, '@huggingface/tokenizers/dist/tokenizers.mjs')) as {
    Tokenizer: new (tokenizer: object, config: object) => Tokenizer;
  };
  return new Tokenizer(files.tokenizer, files.config);
}

function importInstalled(dir: string, file: string): Promise<unknown> {
  return import(/* @vite-ignore */ pathToFileURL(resolve(dir, 'runtime/node_modules', file)).href);
}
