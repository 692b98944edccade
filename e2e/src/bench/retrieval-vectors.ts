import { type Point, pointId } from '@perennial/vector-store';
import { Random } from '../support/random';
import { DIMENSION, lengthOne, type RealVectors } from './real-vectors';

const CHUNKS_PER_FILE = 50;
/** Of so many real texts, the last is not written anywhere: its vector asks for its neighbours. */
const HELD_OUT_EVERY = 126;
/** Per number of a vector of length 1: a derived chunk is about 0.89 similar to the real one. */
const CHUNK_NOISE = 0.5 / Math.sqrt(DIMENSION);
/** Per number: without it a question would be asked again and again. It stays 0.98 similar. */
const QUESTION_NOISE = 0.2 / Math.sqrt(DIMENSION);
const QUESTION_WORDS = 8;

/** The points of one base, their vectors in one array and of length 1, so that comparing with all of them is fast. */
export interface Base {
  scope: string;
  size: number;
  vectors: Float32Array;
  /** Number of its first chunk among those of all bases. */
  first: number;
}

export interface Question {
  vector: Float32Array;
  text: string;
}

/**
 * Points that are distributed like real chunks: each is a real one with some noise, and the bases take them in their order, so that what
 * stands together in a document does so here. The same for the same seed.
 */
export class PointMaker {
  private readonly random: Random;
  private spare: number | undefined;
  private readonly written: number[] = [];
  private readonly heldOut: number[] = [];
  readonly bases: Base[];

  constructor(
    private readonly real: RealVectors,
    sizes: readonly number[],
    seed = 20_261_122,
  ) {
    this.random = new Random(seed);
    real.texts.forEach((_, at) => (at % HELD_OUT_EVERY === HELD_OUT_EVERY - 1 ? this.heldOut : this.written).push(at));
    let first = 0;
    this.bases = sizes.map((size, at) => {
      const base = this.base(`base-${at}`, size, first);
      first += size;
      return base;
    });
  }

  /** A real text that is in no base, and was written near some text of this one. */
  question({ first, size }: Base): Question {
    const near = this.realOf(first + Math.floor(this.random.next() * size));
    const at = this.heldOut[Math.min(Math.floor(near / HELD_OUT_EVERY), this.heldOut.length - 1)] ?? 0;
    const text = (this.real.texts[at] ?? '').split(' ').slice(0, QUESTION_WORDS).join(' ');
    return { vector: this.near(at, QUESTION_NOISE), text };
  }

  /** A part of the base's points, as they are written. */
  points({ scope, vectors, first }: Base, from: number, to: number): Point[] {
    return Array.from({ length: to - from }, (_, index) => {
      const at = from + index;
      const ref = refOf(scope, at);
      const vector = vectors.subarray(at * DIMENSION, (at + 1) * DIMENSION);
      return { ...ref, id: pointId(ref), vector, text: this.real.texts[this.realOf(first + at)] ?? '' };
    });
  }

  private base(scope: string, size: number, first: number): Base {
    const vectors = new Float32Array(size * DIMENSION);
    for (let at = 0; at < size; at += 1) vectors.set(this.near(this.realOf(first + at), CHUNK_NOISE), at * DIMENSION);
    return { scope, size, vectors, first };
  }

  /** The real text that a chunk is made from; there are fewer of them than chunks. */
  private realOf(chunk: number): number {
    return this.written[chunk % this.written.length] ?? 0;
  }

  private near(at: number, noise: number): Float32Array {
    const real = this.real.vectors.subarray(at * DIMENSION, (at + 1) * DIMENSION);
    return lengthOne(real.map((value) => value + noise * this.normal()));
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
  const best: { at: number; similarity: number }[] = [];
  for (let at = 0, offset = 0; at < size; at += 1, offset += DIMENSION) {
    let similarity = 0;
    for (let index = 0; index < DIMENSION; index += 1)
      similarity += (vectors[offset + index] as number) * (question[index] as number);
    if (best.length === limit && similarity <= (best.at(-1)?.similarity ?? 0)) continue;
    best.push({ at, similarity });
    best.sort((one, other) => other.similarity - one.similarity);
    if (best.length > limit) best.pop();
  }
  return new Set(best.map(({ at }) => pointId(refOf(scope, at))));
}

function refOf(scope: string, at: number) {
  const fileId = `${scope}-file-${Math.floor(at / CHUNKS_PER_FILE)}`;
  return { scope, fileId, generation: 1, ordinal: at % CHUNKS_PER_FILE };
}
