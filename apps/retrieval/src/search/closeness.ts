import { type EmbeddingName, type ScoredChunk, toDistance } from './sources';

/**
 * By embedding model the distance that a text which answers has all but always: of the answerable questions of the labelled sets one in fifty is
 * below it. `npm run bench:quality` prints it.
 */
const FLOORS: ReadonlyMap<string, number> = new Map([['sentence-transformers/all-MiniLM-L6-v2', 0.6]]);
/** A text with this share of the question's words, weighed by rarity, is close to it whatever its vector says: a part number has no meaning. */
const ENOUGH_WORDS = 0.5;

/** Whether there are texts, and none is close to the question. False for a model that was not calibrated, and after a reranker. */
export function areAllFar(chunks: readonly ScoredChunk[], { model }: EmbeddingName): boolean {
  const floor = FLOORS.get(model);
  if (floor === undefined || chunks.length === 0) return false;
  return chunks.every(
    ({ similarity, words = 0, relevance }) =>
      relevance === undefined && toDistance(similarity) < floor && words < ENOUGH_WORDS,
  );
}
