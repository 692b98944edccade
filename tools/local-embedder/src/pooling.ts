/**
 * The mean of the tokens' vectors, of length 1: the pooling of sentence-transformers' `pooling_mode_mean_tokens` without padding.
 *
 * @param vectors of all tokens, one after another
 */
export function meanOfTokens(vectors: ArrayLike<number>, tokens: number): Float32Array {
  const size = vectors.length / tokens;
  const sums = new Float64Array(size);
  for (let at = 0; at < vectors.length; at += 1) sums[at % size]! += vectors[at]!;
  const length = Math.hypot(...sums) || 1;
  return Float32Array.from(sums, (sum) => sum / length);
}
