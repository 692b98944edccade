import type { Words } from '@perennial/words';

export interface SparseVector {
  indices: number[];
  values: number[];
}

/** BM25's usual saturation, and the average length of chunks. */
const K1 = 1.2;
const B = 0.75;
const AVERAGE_LENGTH = 200;

/** FNV-1a: the index of a word in the sparse vector. Stored vectors depend on it. */
export function wordIndex(word: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < word.length; i += 1) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** The document's part of BM25; Qdrant multiplies each word by its rarity (modifier `idf`). */
export function documentVector(words: Words): SparseVector {
  let length = 0;
  for (const count of words.values()) length += count;
  const norm = K1 * (1 - B + (B * length) / AVERAGE_LENGTH);
  const values = new Map<number, number>();
  for (const [word, count] of words) {
    const index = wordIndex(word);
    values.set(index, (values.get(index) ?? 0) + (count * (K1 + 1)) / (count + norm));
  }
  return { indices: [...values.keys()], values: [...values.values()] };
}

export function queryVector(words: readonly string[]): SparseVector {
  const indices = [...new Set(words.map(wordIndex))];
  return { indices, values: indices.map(() => 1) };
}

/** The words whose index a stored vector has. */
export function matchedWords(words: readonly string[], { indices }: SparseVector): string[] {
  const known = new Set(indices);
  return words.filter((word) => known.has(wordIndex(word)));
}
