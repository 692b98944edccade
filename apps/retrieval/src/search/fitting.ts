import { type EmbeddingName, metadataOf, type ScoredChunk } from './sources';

/** Characters that the chunks of one reply take as JSON: more than any model reads, and far from what a call may carry. */
const MAX_LENGTH = 2_000_000;

/**
 * As many chunks as one reply may carry: the best of each list, then the second of each, until the next would be too much. It takes long
 * chunks, many lists and many chunks of each to come this far.
 */
export function fitting(
  lists: readonly (readonly ScoredChunk[])[],
  embedding: EmbeddingName,
  maxLength = MAX_LENGTH,
): { lists: ScoredChunk[][]; truncated: boolean } {
  const kept = lists.map((): ScoredChunk[] => []);
  const longest = Math.max(0, ...lists.map((list) => list.length));
  let left = maxLength;
  for (let rank = 0; rank < longest; rank += 1) {
    for (const [n, list] of lists.entries()) {
      const chunk = list[rank];
      if (!chunk) continue;
      left -= JSON.stringify([chunk.id, chunk.text, metadataOf(chunk, embedding)]).length;
      if (left < 0) return { lists: kept, truncated: true };
      kept[n]?.push(chunk);
    }
  }
  return { lists: kept, truncated: false };
}
