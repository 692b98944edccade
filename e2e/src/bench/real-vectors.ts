import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LOCAL_MODEL } from './hybrid-system';

/** Numbers of a vector of the local embedder. */
export const DIMENSION = 384;

/** Texts of people, and what the local embedder makes of them. */
export interface RealVectors {
  /** In the order in which they were written: neighbours are mostly of one document. */
  texts: readonly string[];
  /** Of length 1, one after the other. */
  vectors: Float32Array;
}

const PIECE_CHARS = 300;
const LEAST_WORDS = 12;
const AT_ONCE = 32;
const REQUESTS = 2;

/**
 * Texts from the documentation that the packages of this repository bring along (files of Markdown and comments of declarations), cut into
 * pieces of about 300 characters, none twice. With the same packages they are the same on every machine.
 *
 * @throws Error when there are not so many
 */
export async function realTexts(packages: string, wanted: number): Promise<string[]> {
  const seen = new Set<string>();
  for await (const path of documentsBelow(packages)) {
    const source = await readFile(path, 'utf8');
    const text = path.endsWith('.md') ? source : comments(source);
    for (const piece of pieces(text)) {
      seen.add(piece);
      if (seen.size === wanted) return [...seen];
    }
  }
  throw new Error(`the packages have ${seen.size} pieces of text, ${wanted} are needed`);
}

/**
 * The vectors of the texts, kept in `cache` for the next time, which takes minutes without.
 *
 * @param embedderUrl of the local embedder; asked only for what is not kept
 */
export async function realVectors(
  texts: readonly string[],
  cache: string,
  embedderUrl: () => Promise<string>,
  log: (line: string) => void,
): Promise<RealVectors> {
  const key = createHash('sha256').update(texts.join('\n')).digest('hex').slice(0, 16);
  const kept = join(cache, `vectors-${texts.length}-${key}.f32`);
  const stored = await readFile(kept).catch(() => undefined);
  if (stored) return { texts, vectors: new Float32Array(Uint8Array.from(stored).buffer) };
  const vectors = await embedded(texts, await embedderUrl(), log);
  await mkdir(dirname(kept), { recursive: true });
  await writeFile(`${kept}.part`, vectors);
  await rename(`${kept}.part`, kept);
  return { texts, vectors };
}

async function embedded(texts: readonly string[], url: string, log: (line: string) => void): Promise<Float32Array> {
  const vectors = new Float32Array(texts.length * DIMENSION);
  let next = 0;
  const worker = async () => {
    while (next < texts.length) {
      const from = next;
      next += AT_ONCE;
      const input = texts.slice(from, from + AT_ONCE);
      const reply = await fetch(`${url}/v1/embeddings`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: LOCAL_MODEL, input }),
      });
      if (!reply.ok) throw new Error(`the embedder answered ${reply.status}: ${await reply.text()}`);
      const { data } = (await reply.json()) as { data: { embedding: number[] }[] };
      data.forEach(({ embedding }, index) => vectors.set(lengthOne(embedding), (from + index) * DIMENSION));
      if (from % (AT_ONCE * 100) === 0) log(`${from} of ${texts.length} real texts are embedded`);
    }
  };
  await Promise.all(Array.from({ length: REQUESTS }, worker));
  return vectors;
}

/** Scaled to length 1. */
export function lengthOne(vector: ArrayLike<number>): Float32Array {
  const scaled = Float32Array.from(vector);
  let squares = 0;
  for (const value of scaled) squares += value * value;
  const factor = 1 / Math.sqrt(squares);
  return scaled.map((value) => value * factor);
}

async function* documentsBelow(directory: string): AsyncGenerator<string> {
  const entries = await readdir(directory, { withFileTypes: true });
  entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(directory, entry.name);
    // Links lead to packages of this repository, which change with each commit.
    if (entry.isDirectory()) yield* documentsBelow(path);
    else if (entry.isFile() && /\.(md|d\.ts)$/i.test(entry.name)) yield path;
  }
}

/** The words of the comments, without their marks. */
function comments(source: string): string {
  return [...source.matchAll(/\/\*\*([\s\S]*?)\*\//g)]
    .map(([, text = '']) => text.replaceAll(/^\s*\*/gm, ''))
    .join('\n');
}

function* pieces(text: string): Generator<string> {
  const words = text.split(/\s+/);
  let piece: string[] = [];
  let chars = 0;
  for (const word of words) {
    // Not a word: a line of a table, an address, an encoded picture.
    if (word === '' || word.length > 40) continue;
    piece.push(word);
    chars += word.length + 1;
    if (chars < PIECE_CHARS) continue;
    if (piece.length >= LEAST_WORDS) yield piece.join(' ');
    piece = [];
    chars = 0;
  }
}
