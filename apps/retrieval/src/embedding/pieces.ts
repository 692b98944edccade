import { characterBoundary } from '../splitting/pieces';

/** The text in as few pieces of equal length as have about `bytes` of UTF-8 each at most; no character is cut. */
export function cutInto(text: string, bytes: number): string[] {
  const count = Math.ceil(Buffer.byteLength(text) / bytes);
  if (count <= 1) return [text];
  const pieces: string[] = [];
  let from = 0;
  for (let n = 1; n <= count; n += 1) {
    const to = characterBoundary(text, Math.round((text.length * n) / count));
    pieces.push(text.slice(from, to));
    from = to;
  }
  // Embedders refuse blank text.
  const worded = pieces.filter((piece) => piece.trim() !== '');
  return worded.length > 0 ? worded : [text];
}

/** The weighted mean of vectors, as long as they are in the mean: a unit vector of unit vectors. */
export function meanVector(vectors: readonly Float32Array[], weights: readonly number[]): Float32Array {
  const [first] = vectors;
  if (first === undefined || vectors.length === 1) return first ?? new Float32Array();
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = new Float32Array(first.length);
  let norm = 0;
  for (const [n, vector] of vectors.entries()) {
    const share = (weights[n] ?? 0) / total;
    norm += share * Math.hypot(...vector);
    for (const [k, value] of vector.entries()) mean[k] = (mean[k] ?? 0) + share * value;
  }
  const length = Math.hypot(...mean);
  return length === 0 ? first : mean.map((value) => (value * norm) / length);
}
