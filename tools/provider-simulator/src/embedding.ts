/** The simulator's behaviour for an embedding model id; missing parts have their defaults. */
export interface EmbeddingBehaviour {
  /** `-dims768`: numbers in a vector. Default 384. */
  dimensions: number;
  /** `-text5`: milliseconds for each text of a request; requests do not wait for each other. Default 0. */
  perTextMs: number;
  /** `-plain`: a request with `encoding_format` is refused, as some servers do; `-float`: it is ignored. */
  encoding: 'known' | 'refused' | 'ignored';
  /** `-most10`: a request with more texts is refused with 413. */
  maxTexts: number;
  /** `-context200`: a request with a text of more characters is refused with 400, as one beyond the context of a model. */
  maxLength: number;
  /**
   * `-poison500`: a request with a text that contains the word POISON fails with that status; `-poison0`: that text's vector is invalid.
   */
  poison: number | undefined;
}

/** The word in a poisonous text. */
export const POISON = 'POISON';

/** Reads a model id such as `sim-embed-dims768-text5`. */
export function parseEmbeddingModel(model: string): EmbeddingBehaviour {
  const number = (name: string): number | undefined => {
    const found = new RegExp(`-${name}(\\d+)(?=-|$|:)`).exec(model);
    return found ? Number(found[1]) : undefined;
  };
  const has = (name: string): boolean => new RegExp(`-${name}(?=-|$|:)`).test(model);
  return {
    dimensions: Math.max(1, number('dims') ?? 384),
    perTextMs: number('text') ?? 0,
    maxTexts: number('most') ?? Infinity,
    maxLength: number('context') ?? Infinity,
    poison: number('poison'),
    encoding: has('plain') ? 'refused' : has('float') ? 'ignored' : 'known',
  };
}

const WORD = /[\p{L}\p{N}]+/gu;
/** Function words; they count a tenth. */
const COMMON = new Set(
  'a an and are as at be by for from has have in is it its not of on or that the this to was were what which who will with'.split(
    ' ',
  ),
);
const COMMON_WEIGHT = 0.1;
/** Indexes of the vector for one word: with several, two words that collide in one are still distinct. */
const PLACES = 4;

/**
 * The vector of a text: a hashed bag of its words, of length 1. A pure function of model id and text: two models give unrelated vectors;
 * texts with common words are similar, word order does not count.
 */
export function embeddingFrom(
  model: string,
  text: string,
  dimensions = parseEmbeddingModel(model).dimensions,
): Float32Array {
  const seed = fnv1a(0x811c9dc5, model);
  const counts = new Map<string, number>();
  for (const [word] of text.toLowerCase().matchAll(WORD)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const vector = new Float32Array(dimensions);
  for (const [word, count] of counts) {
    const weight = (1 + Math.log(count)) * (COMMON.has(word) ? COMMON_WEIGHT : 1);
    let hash = fnv1a(seed, stem(word));
    for (let place = 0; place < PLACES; place++) {
      hash = scramble(hash);
      vector[hash % dimensions]! += hash & 0x8000_0000 ? -weight : weight;
    }
  }
  const length = Math.hypot(...vector);
  // A text without a word has some vector, as with a real model.
  if (length === 0) vector[seed % dimensions] = 1;
  else for (let index = 0; index < dimensions; index++) vector[index]! /= length;
  return vector;
}

/** Plural and singular are one word. */
function stem(word: string): string {
  return word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word;
}

function fnv1a(seed: number, text: string): number {
  let hash = seed;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x0100_0193);
  return scramble(hash >>> 0);
}

/** The finish of MurmurHash3: neighbouring inputs give unrelated outputs. */
function scramble(value: number): number {
  let hash = (value + 0x9e37_79b9) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
