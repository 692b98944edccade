import { errorFromStream, ProviderError } from './errors';
import type { Endpoint } from './http';
import type { Embedder, EmbedderLimits, Embeddings, EmbedOptions } from './types';

type Document = Record<string, unknown>;

/** Common part of both kinds of embedder: the request with its limits, and the checks of the reply. */
abstract class HttpEmbedder implements Embedder {
  constructor(
    protected readonly endpoint: Endpoint,
    protected readonly model: string,
    private readonly limits: EmbedderLimits,
  ) {}

  async embed(texts: readonly string[], options: EmbedOptions = {}): Promise<Embeddings> {
    if (texts.length === 0) return { vectors: [] };
    if (texts.includes('')) throw new ProviderError('INVALID_ARGUMENT', 'An empty text has no embedding');
    const { vectors, tokens } = await this.request(texts, options);
    const dimension = vectors[0]?.length ?? 0;
    if (vectors.length !== texts.length) {
      throw malformed(`${vectors.length} embeddings for ${texts.length} texts`);
    }
    if (dimension === 0) throw malformed('an empty embedding');
    if (vectors.some(({ length }) => length !== dimension)) throw malformed('embeddings of different dimensions');
    if (vectors.some((vector) => !vector.every(Number.isFinite)))
      throw malformed('an embedding that is not of numbers');
    return { vectors, ...(typeof tokens === 'number' && { tokens }) };
  }

  /** Sends the texts and parses the reply; the caller checks the vectors. */
  protected abstract request(
    texts: readonly string[],
    options: EmbedOptions,
  ): Promise<{ vectors: Float32Array[]; tokens: unknown }>;

  protected async post(operation: string, body: Document, { signal }: EmbedOptions): Promise<Document> {
    const { timeoutMs, ...retry } = this.limits;
    const document = await this.endpoint.json('POST', operation, { body, timeoutMs, signal, retry });
    if (Array.isArray(document)) throw malformed('a list');
    if (document.error) throw errorFromStream(document);
    return document;
  }
}

/** Servers that refused `encoding_format`: later requests omit it. */
const plainServers = new Set<string>();
/** More servers than any installation has; it only bounds an admin's trials of addresses. */
const MAX_PLAIN_SERVERS = 256;

/** OpenAI's `/embeddings` and compatible servers. */
export class OpenAiEmbedder extends HttpEmbedder {
  protected async request(
    texts: readonly string[],
    options: EmbedOptions,
  ): Promise<{ vectors: Float32Array[]; tokens: unknown }> {
    const document = await this.send({ model: this.model, input: texts }, options);
    if (!Array.isArray(document.data)) throw malformed('no list of embeddings');
    const usage = document.usage as { prompt_tokens?: unknown; total_tokens?: unknown } | null | undefined;
    return {
      vectors: inOrder(document.data).map(vectorOf),
      tokens: usage?.prompt_tokens ?? usage?.total_tokens,
    };
  }

  /**
   * Requests base64, a quarter of the bytes and a ninth of the time to parse. Other servers either ignore it and reply with numbers, or
   * refuse the request, which is then repeated without it.
   */
  private async send(body: Document, options: EmbedOptions): Promise<Document> {
    const server = `${this.endpoint.address} ${this.model}`;
    if (!plainServers.has(server)) {
      try {
        return await this.post('/embeddings', { ...body, encoding_format: 'base64' }, options);
      } catch (error) {
        if (!(error instanceof ProviderError && (error.status === 400 || error.status === 422))) throw error;
      }
    }
    // If the refusal had another reason, this second reply shows it.
    const document = await this.post('/embeddings', body, options);
    if (plainServers.size >= MAX_PLAIN_SERVERS) plainServers.clear();
    plainServers.add(server);
    return document;
  }
}

/** Ollama's own `/api/embed`. */
export class OllamaEmbedder extends HttpEmbedder {
  protected async request(
    texts: readonly string[],
    options: EmbedOptions,
  ): Promise<{ vectors: Float32Array[]; tokens: unknown }> {
    const document = await this.post('/api/embed', { model: this.model, input: texts }, options);
    if (!Array.isArray(document.embeddings)) throw malformed('no list of embeddings');
    return { vectors: document.embeddings.map(vectorOf), tokens: document.prompt_eval_count };
  }
}

/** The embeddings by their `index`, which may be in any order; in the given order without one. */
function inOrder(rows: unknown[]): unknown[] {
  const ordered = new Array<unknown>(rows.length);
  for (const [position, row] of rows.entries()) {
    const { index = position, embedding } = (row ?? {}) as { index?: unknown; embedding?: unknown };
    if (typeof index !== 'number' || !(index in rows) || ordered[index] !== undefined)
      throw malformed('an index that does not fit');
    ordered[index] = embedding;
  }
  return ordered;
}

/** Numbers, or base64 of little-endian 32-bit floats. */
function vectorOf(embedding: unknown): Float32Array {
  if (Array.isArray(embedding)) return vectorOfNumbers(embedding);
  if (typeof embedding !== 'string') throw malformed('an embedding that is neither numbers nor base64');
  const bytes = Buffer.from(embedding, 'base64');
  if (bytes.length % 4 !== 0) throw malformed('an embedding that is cut off');
  const vector = new Float32Array(bytes.length / 4);
  new Uint8Array(vector.buffer).set(bytes);
  return vector;
}

/** `Float32Array.from` alone would turn nulls into zeros: a wrong vector that looks valid. */
function vectorOfNumbers(embedding: readonly unknown[]): Float32Array {
  if (!embedding.every((value) => typeof value === 'number')) throw malformed('an embedding that is not of numbers');
  return Float32Array.from(embedding);
}

function malformed(what: string): ProviderError {
  return new ProviderError('PROTOCOL', `The provider answered a request for embeddings with ${what}`);
}
