import { type EmbeddingName, metadataOf, type ScoredChunk } from './sources';

/** Most characters of one reply's chunks as JSON: more than any model reads, and far below the limit of a call. */
const MAX_LENGTH = 2_000_000;

/**
 * As many chunks as fit into one reply: the best of each list, then the second of each. The limit is only reached with long chunks, many
 * lists and many chunks of each.
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
