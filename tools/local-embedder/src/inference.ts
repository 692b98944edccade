/**
 * The process of the model. A separate process, because the engine computes on the calling thread: the server stays responsive, and when this
 * process ends the system gets all of its memory back.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { FromInference, InferenceOptions, ToInference } from './inference-protocol';
import { importTransformers, type Model, type Tokenizer, type Transformers } from './transformers';

/** Tokens of a text after which it is cut, if the model does not say. */
const DEFAULT_MAX_TOKENS = 512;

interface Loaded {
  transformers: Transformers;
  tokenizer: Tokenizer;
  model: Model;
  maxTokens: number;
}

async function load({ entry, model, source, cacheDir, threads }: InferenceOptions): Promise<Loaded> {
  const transformers = await importTransformers(entry);
  const { env } = transformers;
  env.allowRemoteModels = source.kind === 'hub';
  env.cacheDir = cacheDir;
  if (source.kind === 'hub') env.remoteHost = source.url.endsWith('/') ? source.url : `${source.url}/`;
  else env.localModelPath = dirname(source.path);
  const name = source.kind === 'hub' ? model : basename(source.path);
  const session_options = { intraOpNumThreads: threads, interOpNumThreads: 1, enableCpuMemArena: false };
  const dtype = source.kind === 'hub' || existsSync(join(source.path, 'onnx', 'model_quantized.onnx')) ? 'q8' : 'fp32';
  return {
    transformers,
    tokenizer: await transformers.AutoTokenizer.from_pretrained(name, {}),
    model: await transformers.AutoModel.from_pretrained(name, { dtype, device: 'cpu', session_options }),
    maxTokens: source.kind === 'hub' ? DEFAULT_MAX_TOKENS : maxTokensIn(source.path),
  };
}

/** The length that the model was trained for; more of a text would degrade its vector. */
function maxTokensIn(folder: string): number {
  try {
    const config = JSON.parse(readFileSync(join(folder, 'sentence_bert_config.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    return typeof config.max_seq_length === 'number' ? config.max_seq_length : DEFAULT_MAX_TOKENS;
  } catch {
    return DEFAULT_MAX_TOKENS;
  }
}

/**
 * One text at a time. In a batch shorter texts are padded, which costs what it saves on a CPU, and the 8-bit weights scale by the largest
 * number of the batch: the vector of a text would depend on its neighbours.
 */
async function embed({ transformers, tokenizer, model, maxTokens }: Loaded, text: string) {
  const inputs = await tokenizer(text, { truncation: true, max_length: maxTokens });
  const { last_hidden_state } = await model(inputs);
  const pooled = transformers.mean_pooling(last_hidden_state, inputs.attention_mask).normalize(2, -1);
  return { vector: Float32Array.from(pooled.data), tokens: inputs.input_ids.dims.at(-1) ?? 0 };
}

function send(message: FromInference): void {
  process.send?.(message);
}

const options = JSON.parse(process.argv[2] ?? '{}') as InferenceOptions;
// It is useless without its server.
process.on('disconnect', () => process.exit(0));
try {
  const loaded = await load(options);
  process.on('message', ({ text }: ToInference) => {
    embed(loaded, text).then(
      ({ vector, tokens }) => send({ kind: 'vector', vector, tokens }),
      (error: unknown) => send({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
    );
  });
  send({ kind: 'ready' });
} catch (error) {
  send({ kind: 'broken', message: error instanceof Error ? error.message : String(error) });
  process.disconnect();
}
