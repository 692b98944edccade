/**
 * The process of the model. A separate process, because the engine computes on the calling thread: the server stays responsive, and when this
 * process ends the system gets all of its memory back.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FromInference, InferenceOptions, ToInference } from './inference-protocol';
import { importOnnxRuntime, loadTokenizer, type OnnxRuntime, type Session, type Tokenizer } from './onnx-runtime';
import { meanOfTokens } from './pooling';

/** Tokens of a text after which it is cut, if the model does not say. */
const DEFAULT_MAX_TOKENS = 512;
/** Vectors of the tokens, as models name them. */
const HIDDEN = 'last_hidden_state';

interface Loaded {
  onnx: OnnxRuntime;
  tokenizer: Tokenizer;
  session: Session;
  maxTokens: number;
}

async function load({ dir, folder, threads }: InferenceOptions): Promise<Loaded> {
  const onnx = await importOnnxRuntime(dir);
  onnx.env.wasm.numThreads = threads;
  const quantized = join(folder, 'onnx', 'model_quantized.onnx');
  const weights = existsSync(quantized) ? quantized : join(folder, 'onnx', 'model.onnx');
  const files = { tokenizer: json(folder, 'tokenizer.json'), config: optionalJson(folder, 'tokenizer_config.json') };
  // The length that the model was trained for; more of a text would degrade its vector.
  const { max_seq_length: maxTokens } = optionalJson(folder, 'sentence_bert_config.json');
  return {
    onnx,
    tokenizer: await loadTokenizer(dir, files),
    session: await onnx.InferenceSession.create(weights, { executionProviders: ['wasm'] }),
    maxTokens: typeof maxTokens === 'number' ? maxTokens : DEFAULT_MAX_TOKENS,
  };
}

function json(folder: string, name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, unknown>;
}

function optionalJson(folder: string, name: string): Record<string, unknown> {
  return existsSync(join(folder, name)) ? json(folder, name) : {};
}

/**
 * One text at a time. In a batch shorter texts are padded, which costs what it saves on a CPU, and the 8-bit weights scale by the largest
 * number of the batch: the vector of a text would depend on its neighbours.
 */
async function embed({ onnx, tokenizer, session, maxTokens }: Loaded, text: string) {
  const { ids } = tokenizer.encode(text);
  // The last token marks the end.
  const tokens = ids.length > maxTokens ? [...ids.slice(0, maxTokens - 1), ids.at(-1)!] : ids;
  const values: Record<string, number[]> = {
    input_ids: tokens,
    attention_mask: tokens.map(() => 1),
    token_type_ids: tokens.map(() => 0),
  };
  const feeds = session.inputNames.map((name) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the model wants the input ${name}, which is not supported`);
    return [name, new onnx.Tensor('int64', BigInt64Array.from(value, BigInt), [1, tokens.length])] as const;
  });
  const outputs = await session.run(Object.fromEntries(feeds));
  const hidden = outputs[HIDDEN] ?? outputs[session.outputNames[0] ?? ''];
  if (hidden?.dims.length !== 3) throw new Error('the model gives no vectors of tokens');
  return { vector: meanOfTokens(hidden.data, tokens.length), tokens: tokens.length };
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
