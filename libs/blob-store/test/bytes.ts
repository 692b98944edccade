import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

export const MIB = 1024 * 1024;

/** Bytes that differ by position and seed. */
export function bytes(length: number, seed = 1): Buffer {
  const buffer = Buffer.alloc(length);
  let state = seed;
  for (let at = 0; at < length; at += 1) {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    buffer[at] = state >>> 16;
  }
  return buffer;
}

export const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

export const stream = (content: Uint8Array): Readable => Readable.from(chunksOf(content), { objectMode: false });

function* chunksOf(content: Uint8Array, size = 64 * 1024): Generator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

/** Sends `content` and then fails, like a connection whose client is gone. */
export function breaking(content: Uint8Array): Readable {
  async function* parts(): AsyncGenerator<Uint8Array> {
    yield* chunksOf(content);
    await sleep(20);
    throw new Error('the client is gone');
  }
  return Readable.from(parts(), { objectMode: false });
}

/** One block repeated to `total` bytes; counts how many were read. */
export function repeated(block: Uint8Array, total: number): { source: Readable; taken: () => number } {
  let taken = 0;
  function* blocks(): Generator<Uint8Array> {
    while (taken < total) {
      const part = block.subarray(0, Math.min(block.length, total - taken));
      taken += part.length;
      yield part;
    }
  }
  return { source: Readable.from(blocks(), { objectMode: false }), taken: () => taken };
}

export async function read(source: Readable): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of source) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
