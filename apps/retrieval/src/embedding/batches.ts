/** A text with its key in the cache: the SHA-256 of its UTF-8, in hex, as on its chunk. */
export interface HashedText {
  hash: string;
  text: string;
}

/**
 * Most characters of one request, unless a single text is longer: servers limit the tokens of a request, not only its texts.
 */
const MAX_CHARACTERS = 400_000;

/** Splits texts into requests of at most `size` texts, in their order. */
export function batchesOf(texts: readonly HashedText[], size: number): HashedText[][] {
  const batches: HashedText[][] = [];
  let batch: HashedText[] = [];
  let characters = 0;
  for (const text of texts) {
    if (batch.length > 0 && (batch.length >= size || characters + text.text.length > MAX_CHARACTERS)) {
      batches.push(batch);
      batch = [];
      characters = 0;
    }
    batch.push(text);
    characters += text.text.length;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
