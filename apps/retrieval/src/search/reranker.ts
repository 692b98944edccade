import { Inject, Injectable } from '@nestjs/common';
import { createReranker, genAiRerankAttributes, ProviderError } from '@perennial/model-provider';
import {
  allowsConnection,
  CircuitBreaker,
  DEFAULT_BREAKER,
  type Distribution,
  inSpan,
  type Logger,
  Runtime,
} from '@perennial/runtime';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { KeySeal } from '../settings/key-seal';
import type { SettingsState } from '../settings/settings';
import { characterBoundary } from '../splitting/pieces';
import type { ScoredChunk } from './sources';

/** Texts of one call, of all its items together; the others follow in the fused order. */
const MAX_TEXTS = 100;
/** Of an item, unless more were asked for. */
const CANDIDATES = 30;
/** UTF-16 units of one text: what a cross-encoder reads of it. */
const MAX_TEXT_LENGTH = 4_000;
const MAX_QUERY_LENGTH = 2_000;
/** Wordings of one question. */
const MAX_QUERIES = 3;
const DEFAULT_TIMEOUT_S = 3;
/** What is left of a call's time when the reranker has used up its own: its answer has to be sent. */
const RESERVE_MS = 500;

type Outcome = 'ok' | 'late' | 'failed' | 'away' | 'forbidden';

/** What a rerank needs besides the chunks. */
export interface Reranking {
  queries: readonly string[];
  settings: SettingsState['retrieval'];
  /** Rules which server may see the texts. */
  residence: string | null;
  /** Milliseconds that the call has left. */
  remainingMs: number;
  signal: AbortSignal;
}

/** Orders what a search has found by what a reranker says, if there is one. A search never fails for it. */
@Injectable()
export class Reranker {
  private readonly log: Logger;
  private readonly seconds: Distribution<'outcome'>;
  /** Of the present address. */
  private breaker: { url: string; breaker: CircuitBreaker } | undefined;

  constructor(
    private readonly seal: KeySeal,
    @Inject(Runtime) runtime: Runtime,
    @Inject(RETRIEVAL_ENV) private readonly env: Pick<RetrievalEnv, 'PLACEMENTS'>,
  ) {
    this.log = runtime.logger('reranker');
    this.seconds = runtime.metrics.histogram(
      'rerank_seconds',
      'Duration of reranks; but for `ok` the order of the search is kept',
      ['outcome'],
    );
  }

  isConfigured({ RAG_RERANKING_ENGINE, RAG_EXTERNAL_RERANKER_URL }: SettingsState['retrieval']): boolean {
    return RAG_RERANKING_ENGINE === 'external' && RAG_EXTERNAL_RERANKER_URL !== '';
  }

  /** How many chunks of each item a search should find so that the best `k` of them can be chosen. */
  candidates(k: number, items: number): number {
    return Math.max(k, Math.min(CANDIDATES, Math.floor(MAX_TEXTS / Math.max(1, items))));
  }

  /**
   * The lists, each with the most relevant chunks first, and with their relevance. Undefined, and counted, if the reranker may not see the
   * texts, or if it fails or is late.
   *
   * @throws the signal's reason only
   */
  async rerank(lists: readonly (readonly ScoredChunk[])[], reranking: Reranking): Promise<ScoredChunk[][] | undefined> {
    const { settings, residence, signal } = reranking;
    const texts = firstTexts(lists);
    if (texts.size === 0) return undefined;
    const startedAt = performance.now();
    const observe = (outcome: Outcome) => this.seconds.observe({ outcome }, (performance.now() - startedAt) / 1_000);
    if (!allowsConnection(this.env.PLACEMENTS, residence, [settings.RAG_EXTERNAL_RERANKER_URL])) {
      observe('forbidden');
      return undefined;
    }
    try {
      const scores = await this.scores([...texts.values()], reranking);
      const byHash = new Map([...texts.keys()].map((hash, at) => [hash, scores[at] ?? 0]));
      observe('ok');
      return lists.map((list) => ordered(list, byHash));
    } catch (error) {
      signal.throwIfAborted();
      observe(error instanceof RerankerAwayError ? 'away' : isLate(error) ? 'late' : 'failed');
      if (!(error instanceof RerankerAwayError)) this.log.warn({ err: error }, 'not reranked');
      return undefined;
    }
  }

  /** The best score of each text, of all wordings. */
  private async scores(texts: readonly string[], reranking: Reranking): Promise<number[]> {
    const { settings, signal } = reranking;
    const { RAG_EXTERNAL_RERANKER_URL: baseUrl, RAG_RERANKING_MODEL: model, rerankerKey } = settings;
    const wantedMs = Number(settings.RAG_EXTERNAL_RERANKER_TIMEOUT || DEFAULT_TIMEOUT_S) * 1_000;
    const timeoutMs = Math.round(Math.min(wantedMs, reranking.remainingMs - RESERVE_MS));
    if (timeoutMs <= 0) throw new ProviderError('TIMEOUT', 'There is no time left for the reranker');
    const apiKey = this.seal.open(rerankerKey);
    const server = { kind: 'openai' as const, baseUrl, ...(apiKey === '' ? {} : { apiKey }) };
    const reranker = createReranker(server, model);
    // When one request fails, the others are of no use.
    const failed = new AbortController();
    const ended = AbortSignal.any([signal, failed.signal]);
    const options = { batchSize: settings.RAG_RERANKING_BATCH_SIZE, timeoutMs, signal: ended };
    const queries = reranking.queries.slice(0, MAX_QUERIES).map((query) => cut(query, MAX_QUERY_LENGTH));
    const attributes = { ...genAiRerankAttributes(server, model), 'perennial.texts': texts.length };
    const lists = await this.breakerOf(baseUrl)
      .run(() =>
        inSpan(`rerank ${model}`, { attributes }, () =>
          Promise.all(queries.map((query) => reranker.rerank(query, texts, options))),
        ),
      )
      .finally(() => failed.abort());
    return texts.map((_, at) => Math.max(...lists.map((scores) => scores[at] ?? 0)));
  }

  private breakerOf(url: string): CircuitBreaker {
    if (this.breaker?.url !== url)
      this.breaker = {
        url,
        breaker: new CircuitBreaker({
          ...DEFAULT_BREAKER,
          isAway: () => true,
          saysNothing: isCancelled,
          refusal: () => new RerankerAwayError('The reranker has failed repeatedly, and is not asked for a moment'),
        }),
      };
    return this.breaker.breaker;
  }
}

/** The circuit breaker is open. */
class RerankerAwayError extends Error {
  override readonly name = 'RerankerAwayError';
}

/** By hash: of each list the first, then the second of each, until there are enough. */
function firstTexts(lists: readonly (readonly ScoredChunk[])[]): Map<string, string> {
  const texts = new Map<string, string>();
  const longest = Math.max(0, ...lists.map((list) => list.length));
  for (let rank = 0; rank < longest; rank += 1) {
    for (const list of lists) {
      const chunk = list[rank];
      if (chunk && texts.size < MAX_TEXTS) texts.set(chunk.hash, cut(chunk.text, MAX_TEXT_LENGTH));
    }
  }
  return texts;
}

/** Texts that were not asked for come last, in their order. */
function ordered(list: readonly ScoredChunk[], scores: ReadonlyMap<string, number>): ScoredChunk[] {
  return list
    .map((chunk) => ({ ...chunk, relevance: scores.get(chunk.hash) ?? 0 }))
    .sort((a, b) => (scores.get(b.hash) ?? -1) - (scores.get(a.hash) ?? -1));
}

const cut = (text: string, length: number): string => text.slice(0, characterBoundary(text, length));
const isLate = (error: unknown): boolean => error instanceof ProviderError && error.code === 'TIMEOUT';
const isCancelled = (error: unknown): boolean => error instanceof ProviderError && error.code === 'CANCELLED';
