import { Injectable } from '@nestjs/common';
import type { SettingsState } from '../settings/settings';
import { withoutRepeats } from './repeats';
import { Reranker } from './reranker';
import { type ScoredChunk, wireDistance } from './sources';

/** Further candidates of each list, for those that repeat others. */
const SPARE = 10;

/** What is chosen of the candidates. */
export interface SelectionOptions {
  queries: readonly string[];
  settings: SettingsState['retrieval'];
  residence: string | null;
  /** Most chunks of each list. */
  k: number;
  /** With a reranker; TOP_K_RERANKER when absent. */
  kReranker: number | undefined;
  /** 0 … 1, against the relevance if there was a reranker, else against the distance. */
  threshold: number;
  /** Milliseconds that the call has left. */
  remainingMs: number;
  signal: AbortSignal;
}

/** Chooses the chunks that are given among those that a search has found. */
@Injectable()
export class ChunkSelection {
  constructor(private readonly reranker: Reranker) {}

  /** What a search must find for each of `items`, so that these can be chosen. */
  wanted(
    { settings, k, threshold }: Pick<SelectionOptions, 'settings' | 'k' | 'threshold'>,
    items: number,
  ): { k: number; threshold: number } {
    if (!this.reranker.isConfigured(settings)) return { k: k + Math.min(k, SPARE), threshold };
    return { k: this.reranker.candidates(k, items), threshold: 0 };
  }

  /** @param lists the candidates of each item, the best first */
  async choose(lists: readonly (readonly ScoredChunk[])[], options: SelectionOptions): Promise<ScoredChunk[][]> {
    const { settings, threshold, k, kReranker = settings.TOP_K_RERANKER } = options;
    const isReranking = this.reranker.isConfigured(settings);
    const ordered = isReranking ? await this.reranker.rerank(lists, options) : undefined;
    const most = isReranking ? Math.min(k, kReranker) : k;
    return (ordered ?? lists).map((list) =>
      withoutRepeats(
        list.filter((chunk) => wireDistance(chunk) >= threshold),
        most,
      ),
    );
  }
}
