import { type Point, pointId } from '@perennial/vector-store';
import { Random } from '../support/random';

export const DIMENSION = 384;
const TOPICS = 400;
const CHUNKS_PER_FILE = 50;
const VOCABULARY = 20_000;
const WORDS_PER_CHUNK = 120;
/** Embeddings of texts are not spread evenly: all are on one side of the space, grouped by topic and by file. */
const SHARE = { common: 0.4, topic: 1, file: 0.7 };
/** Per number: a chunk's own part is about as long as its file's. */
const CHUNK_NOISE = 0.7 / Math.sqrt(DIMENSION);

/** Per number of a vector of length 1: a query is about 0.86 similar to the chunk that it is made from. */
const QUESTION_NOISE = 0.6 / Math.sqrt(DIMENSION);

/** The points of one base, their vectors in one array and of length 1, so that comparing with all of them is fast. */
export interface Base {
  scope: string;
  size: number;
  vectors: Float32Array;
}

/** Points distributed like the chunks of many bases, the same for the same seed. */
export class PointMaker {
  private readonly random: Random;
  private readonly common: Float32Array;
  private readonly topics: Float32Array[];
  private spare: number | undefined;
  readonly bases: Base[];

  constructor(sizes: readonly number[], seed = 20_261_122) {
    this.random = new Random(seed);
    this.common = this.direction();
    this.topics = Array.from({ length: TOPICS }, () => this.direction());
    this.bases = sizes.map((size, at) => this.base(`base-${at}`, size));
  }

  /** A query vector near the chunks of a file of the base. */
  question({ vectors, size }: Base): Float32Array {
    const at = Math.floor(this.random.next() * size) * DIMENSION;
    const near = vectors.subarray(at, at + DIMENSION);
    return lengthOne(near.map((value) => value + QUESTION_NOISE * this.normal()));
  }

  /** Words with a natural frequency: few of them make up most of a text. */
  words(count: number): string {
    return Array.from(
      { length: count },
      () => `word${Math.floor(VOCABULARY * this.random.next() ** 4).toString(36)}`,
    ).join(' ');
  }

  /** A part of the base's points, as they are written. */
  points({ scope, vectors }: Base, from: number, to: number): Point[] {
    return Array.from({ length: to - from }, (_, index) => {
      const at = from + index;
      const ref = refOf(scope, at);
      const vector = vectors.subarray(at * DIMENSION, (at + 1) * DIMENSION);
      return { ...ref, id: pointId(ref), vector, text: this.words(WORDS_PER_CHUNK) };
    });
  }

  private base(scope: string, size: number): Base {
    const vectors = new Float32Array(size * DIMENSION);
    let file = this.topics[0] as Float32Array;
    for (let at = 0; at < size; at += 1) {
      if (at % CHUNKS_PER_FILE === 0) file = this.file();
      vectors.set(lengthOne(file.map((value) => value + CHUNK_NOISE * this.normal())), at * DIMENSION);
    }
    return { scope, size, vectors };
  }

  private file(): Float32Array {
    const topic = this.random.pick(this.topics);
    const own = this.direction();
    return topic.map(
      (value, index) => SHARE.common * (this.common[index] ?? 0) + SHARE.topic * value + SHARE.file * (own[index] ?? 0),
    );
  }

  /** Of length 1, in a random direction. */
  private direction(): Float32Array {
    return lengthOne(Float32Array.from({ length: DIMENSION }, () => this.normal()));
  }

  private normal(): number {
    const spare = this.spare;
    this.spare = undefined;
    if (spare !== undefined) return spare;
    // Two uniform numbers make two normal ones.
    const radius = Math.sqrt(-2 * Math.log(1 - this.random.next()));
    const angle = 2 * Math.PI * this.random.next();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}

/** The ids of the nearest points of the base, by comparing with each. */
export function exactly({ scope, size, vectors }: Base, question: Float32Array, limit: number): Set<string> {
  const similarities = new Float64Array(size);
  for (let at = 0, offset = 0; at < size; at += 1, offset += DIMENSION) {
    let product = 0;
    for (let index = 0; index < DIMENSION; index += 1)
      product += (vectors[offset + index] as number) * (question[index] as number);
    similarities[at] = product;
  }
  const order = Array.from({ length: size }, (_, at) => at);
  order.sort((one, other) => (similarities[other] as number) - (similarities[one] as number));
  return new Set(order.slice(0, limit).map((at) => pointId(refOf(scope, at))));
}

function refOf(scope: string, at: number) {
  const fileId = `${scope}-file-${Math.floor(at / CHUNKS_PER_FILE)}`;
  return { scope, fileId, generation: 1, ordinal: at % CHUNKS_PER_FILE };
}

function lengthOne(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const factor = 1 / Math.sqrt(squares);
  return vector.map((value) => value * factor);
}
