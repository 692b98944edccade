import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { type FetchProgress, Unavailable } from '@perennial/local-runtime';
import { Engine } from './engine';
import { fetchLocalModel } from './fetch';
import { MODEL_ID } from './pins';
import { createLocalModelServer } from './server';

const HELP = `OpenAI-compatible server over a demonstration-sized model (SmolLM2-135M-Instruct) on this machine's CPU.

  --dir D         where the weights and the runtime lie or are fetched to (default .perennial/local-model)
  --port N        port to listen on (default 9200; 0 takes any free one)
  --host H        address to listen on (default 127.0.0.1)
  --threads N     CPU threads (default: half of the machine's)
  --parallel N    answers written at the same time (default 2)
  --queue N       answers that may wait; more get 429 (default 8)
  --context N     tokens of a conversation with its answer (default 4096, at most 8192)
  --fetch-only    fetch and exit

Prints one line of JSON, {"url","pid","model"}, once it answers; progress goes to the error output.`;

const { values } = parseArgs({
  options: {
    dir: { type: 'string', default: '.perennial/local-model' },
    port: { type: 'string', default: '9200' },
    host: { type: 'string', default: '127.0.0.1' },
    threads: { type: 'string', default: String(Math.max(1, Math.floor(availableParallelism() / 2))) },
    parallel: { type: 'string', default: '2' },
    queue: { type: 'string', default: '8' },
    context: { type: 'string', default: '4096' },
    'fetch-only': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function integer(name: 'port' | 'threads' | 'parallel' | 'queue' | 'context', least: number, most: number): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  console.error(`--${name} must be a whole number from ${least} to ${most}, not "${values[name]}"`);
  process.exit(2);
}

let shown = '';
function report({ label, doneBytes, totalBytes }: FetchProgress): void {
  const line = `${label}: ${Math.floor((doneBytes / totalBytes) * 10) * 10} %`;
  if (line !== shown) console.error((shown = line));
}

async function main(): Promise<void> {
  const port = integer('port', 0, 65_535);
  const options = {
    threads: integer('threads', 1, 256),
    parallel: integer('parallel', 1, 64),
    queue: integer('queue', 0, 10_000),
    contextSize: integer('context', 256, 8192),
  };
  const files = await fetchLocalModel({ dir: values.dir, onProgress: report });
  if (values['fetch-only']) return;
  const server = createLocalModelServer(await Engine.load(files, options));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, values.host, resolve);
  });
  const address = server.address();
  const actual = typeof address === 'object' && address ? address.port : port;
  console.log(JSON.stringify({ url: `http://${values.host}:${actual}/v1`, pid: process.pid, model: MODEL_ID }));
  // Nothing needs to be handed over: readers of interrupted answers start them again elsewhere.
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
