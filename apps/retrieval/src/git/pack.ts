import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { inflate, inflateSync, type InputType, type ZlibOptions } from 'node:zlib';
import { WebError } from '../web/web-error';
import { notGit } from './pkt-line';

export type GitObjectKind = 'commit' | 'tree' | 'blob' | 'tag';

export interface GitObject {
  kind: GitObjectKind;
  data: Buffer;
}

export interface PackLimits {
  objects: number;
  /** Of all objects, unpacked. */
  bytes: number;
}

const KINDS: Readonly<Record<number, GitObjectKind>> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' };
const DELTA = 7;
const HASH_BYTES = 20;
const HEADER_BYTES = 12;
/** Larger objects are unpacked beside the loop. */
const LARGE_BYTES = 128 * 1024;
/** Objects after which others have a turn. */
const AT_ONCE = 200;
/** Pieces of a delta after which others have one. */
const PIECES_AT_ONCE = 50_000;

interface Delta {
  base: string;
  data: Buffer;
}

/**
 * The objects of a pack by their names, which are the hashes of their content: a server cannot pass one off as another. Deltas whose base is not in the
 * pack are not asked for, and refused.
 *
 * @throws WebError `too-large` beyond a limit, `away` for what is no pack
 */
export async function readPack(pack: Buffer, limits: PackLimits): Promise<Map<string, GitObject>> {
  const end = pack.length - HASH_BYTES;
  if (end < HEADER_BYTES || pack.toString('latin1', 0, 4) !== 'PACK' || pack.readUInt32BE(4) !== 2) throw notGit();
  if (!createHash('sha1').update(pack.subarray(0, end)).digest().equals(pack.subarray(end))) throw notGit();
  const count = pack.readUInt32BE(8);
  if (count > limits.objects) throw tooLarge();
  const found = new PackObjects(limits.bytes);
  let at = HEADER_BYTES;
  for (let nr = 0; nr < count; nr += 1) {
    const { code, size, next } = entryHeader(pack, at, end);
    const isDelta = code === DELTA;
    const begin = isDelta ? next + HASH_BYTES : next;
    found.charge(size);
    const { data, used } = await unpacked(pack.subarray(begin, end), size);
    const kind = KINDS[code];
    if (isDelta) found.defer({ base: pack.toString('hex', next, begin), data });
    else if (kind) found.add(kind, data);
    else throw notGit();
    at = begin + used;
    if (nr % AT_ONCE === AT_ONCE - 1) await turn();
  }
  await found.resolve();
  return found.byName;
}

class PackObjects {
  readonly byName = new Map<string, GitObject>();
  private readonly waiting = new Map<string, Delta[]>();
  private left = 0;
  private bytes = 0;

  constructor(private readonly maxBytes: number) {}

  charge(size: number): void {
    this.bytes += size;
    if (this.bytes > this.maxBytes) throw tooLarge();
  }

  add(kind: GitObjectKind, data: Buffer): string {
    const name = createHash('sha1').update(`${kind} ${data.length}\0`).update(data).digest('hex');
    this.byName.set(name, { kind, data });
    return name;
  }

  defer(delta: Delta): void {
    const others = this.waiting.get(delta.base);
    if (others) others.push(delta);
    else this.waiting.set(delta.base, [delta]);
    this.left += 1;
  }

  /** Makes the objects that are described by their difference to another one. */
  async resolve(): Promise<void> {
    const bases = [...this.waiting.keys()].filter((name) => this.byName.has(name));
    for (let base = bases.pop(); base !== undefined; base = bases.pop()) {
      const object = this.byName.get(base);
      const deltas = this.waiting.get(base) ?? [];
      this.waiting.delete(base);
      for (const { data } of object ? deltas : []) {
        const size = deltaSizes(data).result;
        this.charge(size);
        const name = this.add(object!.kind, await applyDelta(object!.data, data));
        if (this.waiting.has(name)) bases.push(name);
        this.left -= 1;
        if (this.left % AT_ONCE === 0) await turn();
      }
    }
    if (this.left > 0) throw notGit();
  }
}

/** What an object is, and its size: three bits and a number whose lowest bits come first. */
function entryHeader(pack: Buffer, at: number, end: number): { code: number; size: number; next: number } {
  if (at >= end) throw notGit();
  let byte = pack[at++]!;
  const code = (byte >> 4) & 7;
  let size = byte & 15;
  let factor = 16;
  while (byte & 128) {
    if (at >= end || factor > 2 ** 40) throw notGit();
    byte = pack[at++]!;
    size += (byte & 127) * factor;
    factor *= 128;
  }
  return { code, size, next: at };
}

/** @returns the content, and how many bytes of the pack it took */
async function unpacked(packed: Buffer, size: number): Promise<{ data: Buffer; used: number }> {
  // zlib keeps the whole of each chunk, however little is in it.
  const options = {
    maxOutputLength: Math.max(1, size),
    chunkSize: Math.max(64, Math.min(size + 1, LARGE_BYTES)),
    info: true,
  };
  try {
    const { buffer: data, engine } = size > LARGE_BYTES ? await beside(packed, options) : atOnce(packed, options);
    if (data.length !== size) throw notGit();
    return { data, used: engine.bytesWritten };
  } catch (error) {
    throw error instanceof WebError ? error : notGit(error);
  }
}

/** What zlib answers with `info`, which its types leave out. */
interface Inflated {
  buffer: Buffer;
  engine: { bytesWritten: number };
}

const atOnce = (packed: InputType, options: ZlibOptions): Inflated =>
  inflateSync(packed, options) as unknown as Inflated;

function beside(packed: InputType, options: ZlibOptions): Promise<Inflated> {
  return new Promise((resolve, reject) => {
    inflate(packed, options, (error, result) => (error ? reject(error) : resolve(result as unknown as Inflated)));
  });
}

function deltaSizes(delta: Buffer): { base: number; result: number; next: number } {
  const base = number(delta, 0);
  const result = number(delta, base.next);
  return { base: base.value, result: result.value, next: result.next };
}

function number(bytes: Buffer, from: number): { value: number; next: number } {
  let value = 0;
  let factor = 1;
  for (let at = from; at < bytes.length && factor <= 2 ** 42; at += 1) {
    value += (bytes[at]! & 127) * factor;
    factor *= 128;
    if (!(bytes[at]! & 128)) return { value, next: at + 1 };
  }
  throw notGit();
}

/** Git's delta: pieces of the base, and new bytes. */
async function applyDelta(base: Buffer, delta: Buffer): Promise<Buffer> {
  const sizes = deltaSizes(delta);
  if (sizes.base !== base.length) throw notGit();
  const result = Buffer.alloc(sizes.result);
  let [at, to] = [sizes.next, 0];
  /** A number of which a bit of the code says for each byte whether it is there. */
  const numberOf = (code: number, firstBit: number, bytes: number): number => {
    let value = 0;
    for (let place = 0; place < bytes; place += 1) {
      if (!(code & (firstBit << place))) continue;
      if (at >= delta.length) throw notGit();
      value += delta[at++]! * 256 ** place;
    }
    return value;
  };
  for (let pieces = 1; at < delta.length; pieces += 1) {
    const code = delta[at++]!;
    let [from, start] = [base, 0];
    let length = code;
    if (code & 128) {
      start = numberOf(code, 1, 4);
      length = numberOf(code, 16, 3) || 65_536;
    } else {
      [from, start] = [delta, at];
      at += code;
    }
    if (length === 0 || start + length > from.length || to + length > result.length) throw notGit();
    to += from.copy(result, to, start, start + length);
    if (pieces % PIECES_AT_ONCE === 0) await turn();
  }
  if (to !== result.length) throw notGit();
  return result;
}

function tooLarge(): WebError {
  return new WebError('too-large', 'The repository is larger than one that is read here.');
}
