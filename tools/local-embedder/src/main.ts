import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type FetchProgress, Unavailable } from '@perennial/local-runtime';
import { Engine } from './engine';
import { fetchLocalEmbedder, modelFolder, type ModelSource } from './fetch';
import { startInference } from './inference-process';
import { DEFAULT_MODEL } from './pins';
import { createLocalEmbedderServer } from './server';

const HELP = `OpenAI-compatible embeddings by a small model on this machine's CPU.

  --dir D         where the runtime and the weights lie or are fetched to (default .perennial/local-embedder)
  --model M       the name that is served (default ${DEFAULT_MODEL})
  --folder F      take the model from this folder (tokenizer.json, onnx/model.onnx or onnx/model_quantized.onnx)
  --hub URL       fetch the model from this hub
  --port N        port to listen on (default 9300; 0 takes any free one)
  --host H        address to listen on (default 127.0.0.1)
  --threads N     CPU threads of the model (default: half of the machine's)
  --queue N       texts that may wait; more get 429 (default 2048)
  --idle-s N      seconds without a text after which the model is let go of; 0 keeps it (default 300)
  --fetch-only    fetch and exit

The model is loaded at the first text, which then takes about a second longer.
Prints one line of JSON, {"url","pid","model"}, once it answers; progress goes to the error output.`;

const { values } = parseArgs({
  options: {
    dir: { type: 'string', default: '.perennial/local-embedder' },
    model: { type: 'string', default: DEFAULT_MODEL },
    folder: { type: 'string' },
    hub: { type: 'string' },
    port: { type: 'string', default: '9300' },
    host: { type: 'string', default: '127.0.0.1' },
    threads: { type: 'string', default: String(Math.max(1, Math.floor(availableParallelism() / 2))) },
    queue: { type: 'string', default: '2048' },
    'idle-s': { type: 'string', default: '300' },
    'fetch-only': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function integer(name: 'port' | 'threads' | 'queue' | 'idle-s', least: number, most: number): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  return refuse(`--${name} must be a whole number from ${least} to ${most}, not "${values[name]}"`);
}

function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}

function sourceOf(): ModelSource {
  if (values.folder !== undefined) return { kind: 'folder', path: resolve(values.folder) };
  if (values.hub !== undefined) return { kind: 'hub', url: values.hub };
  if (values.model !== DEFAULT_MODEL) refuse(`--model ${values.model} needs --folder or --hub`);
  return { kind: 'wheels' };
}

let shown = '';
function report({ label, doneBytes, totalBytes }: FetchProgress): void {
  const line = `${label}: ${Math.floor((doneBytes / totalBytes) * 10) * 10} %`;
  if (line !== shown) console.error((shown = line));
}

async function main(): Promise<void> {
  const { dir, model } = values;
  const [port, threads] = [integer('port', 0, 65_535), integer('threads', 1, 256)];
  const [queue, idleMs] = [integer('queue', 1, 1_000_000), integer('idle-s', 0, 86_400) * 1000];
  const source = sourceOf();
  await fetchLocalEmbedder(source, model, { dir, onProgress: report });
  if (values['fetch-only']) return;
  const options = { dir: resolve(dir), folder: resolve(modelFolder(dir, source, model)), threads };
  const script = fileURLToPath(new URL('inference.js', import.meta.url));
  const load = async () => {
    const startedAt = performance.now();
    const inference = await startInference(script, options);
    console.error(`${model} loaded in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    return inference;
  };
  const server = createLocalEmbedderServer(new Engine({ load, queue, idleMs }), model);
  await new Promise<void>((listening, reject) => {
    server.once('error', reject);
    server.listen(port, values.host, listening);
  });
  const address = server.address();
  const actual = typeof address === 'object' && address ? address.port : port;
  console.log(JSON.stringify({ url: `http://${values.host}:${actual}/v1`, pid: process.pid, model }));
  // The process of the model ends with this one; clients repeat interrupted requests.
  process.on('SIGTERM', () => process.exit(0));
  process.on('SIGINT', () => process.exit(0));
}

if (values.help) {
  console.log(HELP);
} else {
  await main().catch((error: unknown) => {
    console.error(error instanceof Unavailable ? error.message : error);
    process.exit(1);
  });
}
