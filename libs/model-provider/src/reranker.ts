import { ProviderError } from './errors';
import type { Endpoint } from './http';
import type { Reranker, RerankOptions } from './types';

/** The caller has an order of its own, and no time for a second try. */
const ONCE = { attempts: 1, maxPauseMs: 0 };

/** A server with the `rerank` of Cohere and Jina. Its base URL is the whole address of that operation. */
export class HttpReranker implements Reranker {
  constructor(
    private readonly endpoint: Endpoint,
    private readonly model: string,
  ) {}

  async rerank(query: string, documents: readonly string[], options: RerankOptions): Promise<number[]> {
    const batches: Promise<number[]>[] = [];
    for (let from = 0; from < documents.length; from += options.batchSize)
      batches.push(this.request(query, documents.slice(from, from + options.batchSize), options));
    return toProbabilities((await Promise.all(batches)).flat());
  }

  private async request(query: string, documents: readonly string[], options: RerankOptions): Promise<number[]> {
    const body = {
      ...(this.model === '' ? {} : { model: this.model }),
      query,
      documents,
      top_n: documents.length,
    };
    const { timeoutMs, signal } = options;
    const answer = await this.endpoint.json('POST', '', { body, timeoutMs, signal, retry: ONCE });
    return scoresIn(answer, documents.length);
  }
}

/** In the order of the documents. */
function scoresIn(answer: Record<string, unknown> | unknown[], count: number): number[] {
  const rows = Array.isArray(answer) ? answer : (answer.results ?? answer.data);
  if (!Array.isArray(rows)) throw malformed('no list of scores');
  if (rows.length !== count) throw malformed(`${rows.length} scores for ${count} texts`);
  const scores = new Array<number | undefined>(count).fill(undefined);
  for (const row of rows as unknown[]) {
    const { index, relevance_score, score } = (row ?? {}) as Record<string, unknown>;
    const value = relevance_score ?? score;
    if (typeof index !== 'number' || !(index in scores) || scores[index] !== undefined)
      throw malformed('an index that does not fit');
    if (typeof value !== 'number' || !Number.isFinite(value)) throw malformed('a score that is not a number');
    scores[index] = value;
  }
  return scores as number[];
}

/** Some servers answer with what the model itself gives, the logarithms of odds. */
function toProbabilities(scores: readonly number[]): number[] {
  const areLogits = scores.some((score) => score < 0 || score > 1);
  return areLogits ? scores.map((score) => 1 / (1 + Math.exp(-score))) : [...scores];
}

function malformed(what: string): ProviderError {
  return new ProviderError('PROTOCOL', `The reranker answered with ${what}`);
}
