import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type BlobEntry,
  BlobIntegrityError,
  BlobNotFoundError,
  type BlobRange,
  type BlobStore,
  BlobTooLargeError,
  InvalidKeyError,
  RangeNotSatisfiableError,
} from '../src';
import { PART_BYTES } from '../src/put-in-parts';
import { breaking, bytes, MIB, read, repeated, sha256, stream } from './bytes';
import { drivers, type Subject } from './drivers';

/** One contract for every store. Real: the file system, and processes of SeaweedFS, fake-gcs-server and Azurite over HTTP. No mocks. */
const ENOUGH = { maxBytes: 1024 * MIB };

describe.each(await drivers())('$name', { timeout: 60_000 }, ({ missing, leftovers, paged, credulous, start }) => {
  if (missing) {
    it.skip(`is not tested here: ${missing}`, () => undefined);
    return;
  }

  let subject: Subject;
  let store: BlobStore;
  beforeAll(async () => {
    subject = await start();
    store = subject.store;
  }, 120_000);
  afterAll(async () => {
    await store?.close();
    await subject?.close();
  });

  const keyOf = (version = '1'): string => `files/${randomUUID()}/${version}`;
  const listed = async (prefix: string): Promise<BlobEntry[]> => {
    const entries: BlobEntry[] = [];
    for await (const entry of store.list(prefix)) entries.push(entry);
    return entries.sort((a, b) => (a.key < b.key ? -1 : 1));
  };
  /** What is left of a key anywhere in the store. */
  const remainsOf = async (key: string): Promise<string[]> =>
    (await subject.remains()).filter((name) => name.includes(key.split('/')[1] ?? key));

  it('returns the stored bytes, with their size and hash', async () => {
    const content = bytes(300_000);
    const key = keyOf();
    const stored = await store.put(key, stream(content), { ...ENOUGH, contentType: 'text/plain' });
    expect(stored).toEqual({ size: 300_000, sha256: sha256(content) });
    const found = await (await subject.another()).get(key);
    expect(found).toMatchObject({ size: 300_000, start: 0, length: 300_000 });
    expect((await read(found.stream)).equals(content)).toBe(true);
  });

  it('keeps an empty blob', async () => {
    const key = keyOf();
    expect(await store.put(key, stream(Buffer.alloc(0)), ENOUGH)).toEqual({ size: 0, sha256: sha256(Buffer.alloc(0)) });
    const { stream: empty, size, length } = await store.get(key);
    expect({ size, length, read: (await read(empty)).length }).toEqual({ size: 0, length: 0, read: 0 });
    await expect(store.get(key, { range: { start: 0 } })).rejects.toThrow(RangeNotSatisfiableError);
  });

  it('keeps 20 MiB as one blob, byte by byte, and any range of it', async () => {
    const block = bytes(MIB, 7);
    const key = keyOf();
    const total = 20 * MIB + 5;
    const stored = await store.put(key, repeated(block, total).source, { maxBytes: total });
    expect(stored.size).toBe(total);
    const again = await store.get(key);
    let at = 0;
    let same = true;
    for await (const part of again.stream as AsyncIterable<Buffer>) {
      for (let from = 0; from < part.length && same;) {
        const place = (at + from) % MIB;
        const length = Math.min(part.length - from, MIB - place);
        same = part.subarray(from, from + length).equals(block.subarray(place, place + length));
        from += length;
      }
      at += part.length;
    }
    expect({ at, same }).toEqual({ at: total, same: true });
    // Across the border of two parts.
    const border = PART_BYTES - 10;
    const part = await store.get(key, { range: { start: border, end: border + 19 } });
    const expected = Buffer.concat([block.subarray(MIB - 10), block.subarray(0, 10)]);
    expect((await read(part.stream)).equals(expected)).toBe(true);
    expect(part).toMatchObject({ size: total, start: border, length: 20 });
  });

  it('puts a blob of exactly one and of exactly two parts', async () => {
    for (const parts of [1, 2]) {
      const content = bytes(parts * PART_BYTES, parts);
      const key = keyOf();
      expect(await store.put(key, stream(content), ENOUGH)).toEqual({ size: content.length, sha256: sha256(content) });
      expect((await read((await store.get(key)).stream)).equals(content)).toBe(true);
    }
  });

  describe('ranges', () => {
    const content = bytes(1_000);
    let key: string;
    beforeAll(async () => {
      key = keyOf();
      await store.put(key, stream(content), ENOUGH);
    });

    it.each<[string, BlobRange, number, number]>([
      ['the first byte', { start: 0, end: 0 }, 0, 1],
      ['a middle', { start: 10, end: 19 }, 10, 10],
      ['from a place to the end', { start: 990 }, 990, 10],
      ['an end beyond the last byte', { start: 990, end: 5_000 }, 990, 10],
      ['the last byte', { start: 999, end: 999 }, 999, 1],
      ['the last five bytes', { suffix: 5 }, 995, 5],
      ['more last bytes than there are', { suffix: 5_000 }, 0, 1_000],
    ])('%s', async (_, range, start, length) => {
      const part = await store.get(key, { range });
      expect(part).toMatchObject({ size: 1_000, start, length });
      expect((await read(part.stream)).equals(content.subarray(start, start + length))).toBe(true);
    });

    it.each<[string, BlobRange]>([
      ['beginning at the end', { start: 1_000 }],
      ['beginning beyond the end', { start: 5_000, end: 6_000 }],
      ['of the last zero bytes', { suffix: 0 }],
      ['that ends before it begins', { start: 5, end: 4 }],
    ])('one %s is refused, with the size', async (_, range) => {
      const refused = await store.get(key, { range }).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(RangeNotSatisfiableError);
      expect((refused as RangeNotSatisfiableError).size).toBe(1_000);
    });
  });

  describe('leaves nothing of a put', () => {
    it.each([
      ['in the first part', 100_000],
      ['in the third part', 17 * MIB],
    ])('whose source breaks %s', async (_, length) => {
      const key = keyOf();
      await expect(store.put(key, breaking(bytes(length)), ENOUGH)).rejects.toThrow('the client is gone');
      expect(await remainsOf(key)).toEqual([]);
    });

    it.each([
      ['one byte more than allowed', 1_000, 999],
      ['far more than allowed', 30 * MIB, 9 * MIB],
    ])('of %s, and the rest is not read', async (_, length, maxBytes) => {
      const key = keyOf();
      const { source, taken } = repeated(bytes(1_000), length);
      await expect(store.put(key, source, { maxBytes })).rejects.toThrow(BlobTooLargeError);
      expect(source.destroyed).toBe(true);
      expect(taken()).toBeLessThanOrEqual(maxBytes + MIB);
      expect(await remainsOf(key)).toEqual([]);
    });

    it('with another hash or size than announced', async () => {
      const key = keyOf();
      const content = bytes(9 * MIB);
      const wrongHash = { ...ENOUGH, sha256: sha256(bytes(1)) };
      await expect(store.put(key, stream(content), wrongHash)).rejects.toThrow(BlobIntegrityError);
      const wrongSize = { ...ENOUGH, size: content.length + 1 };
      await expect(store.put(key, stream(content), wrongSize)).rejects.toThrow(BlobIntegrityError);
      expect(await remainsOf(key)).toEqual([]);
      const right = { maxBytes: content.length, size: content.length, sha256: sha256(content) };
      expect(await store.put(key, stream(content), right)).toMatchObject({ size: content.length });
    });

    it('that was aborted', async () => {
      const key = keyOf();
      const abort = new AbortController();
      const endless = new Readable({ read: () => undefined });
      endless.push(bytes(MIB));
      const given = store.put(key, endless, { ...ENOUGH, signal: abort.signal });
      await sleep(50);
      abort.abort(new Error('given up'));
      await expect(given).rejects.toThrow('given up');
      expect(endless.destroyed).toBe(true);
      expect(await remainsOf(key)).toEqual([]);
    });

    it('that was given up before it began', async () => {
      const key = keyOf();
      // Nobody has begun to read it, so nobody listens to its errors.
      const source = new Readable({ read: () => undefined });
      const given = store.put(key, source, { ...ENOUGH, signal: AbortSignal.abort(new Error('given up')) });
      await expect(given).rejects.toThrow('given up');
      expect(source.destroyed).toBe(true);
      expect(await remainsOf(key)).toEqual([]);
    });

    it('and keeps an earlier blob unchanged', async () => {
      const key = keyOf();
      const before = bytes(1_000);
      await store.put(key, stream(before), ENOUGH);
      await expect(store.put(key, breaking(bytes(9 * MIB, 2)), ENOUGH)).rejects.toThrow('the client is gone');
      expect((await read((await store.get(key)).stream)).equals(before)).toBe(true);
    });
  });

  it('a second put replaces the first, and a reader of the first reads it to its end', async () => {
    const key = keyOf();
    const [first, second] = [bytes(3 * MIB, 1), bytes(2 * MIB, 2)];
    await store.put(key, stream(first), ENOUGH);
    const early = await store.get(key);
    await store.put(key, stream(second), ENOUGH);
    expect((await read((await store.get(key)).stream)).equals(second)).toBe(true);
    expect((await read(early.stream)).equals(first)).toBe(true);
  });

  it('concurrent puts of one key all succeed, and one of them is stored as a whole', async () => {
    const key = keyOf();
    const contents = [1, 2, 3, 4].map((seed) => bytes(seed === 4 ? 9 * MIB : 200_000 * seed, seed));
    const stored = await Promise.all(contents.map((content) => store.put(key, stream(content), ENOUGH)));
    expect(stored.map(({ size }) => size)).toEqual(contents.map(({ length }) => length));
    const left = await read((await store.get(key)).stream);
    expect(contents.some((content) => content.equals(left))).toBe(true);
    expect((await listed(key)).map(({ size }) => size)).toEqual([left.length]);
  });

  it('reads its source with backpressure', async () => {
    const key = keyOf();
    let given = 0;
    const reluctant = new Readable({
      highWaterMark: 64 * 1024,
      read() {
        given += 64 * 1024;
        this.push(given > 4 * MIB ? null : Buffer.alloc(64 * 1024));
      },
    });
    const { size } = await store.put(key, reluctant, ENOUGH);
    expect(size).toBe(4 * MIB);
    const { stream: source } = await store.get(key);
    // A stalled reader slows the store: the waiting bytes are bounded.
    await sleep(300);
    expect(source.readableLength).toBeLessThan(MIB);
    source.destroy();
    await once(source, 'close');
  });

  it('a reader that disconnects closes the blob', async () => {
    const key = keyOf();
    await store.put(key, stream(bytes(5 * MIB)), ENOUGH);
    const abort = new AbortController();
    const { stream: source } = await store.get(key, { signal: abort.signal });
    abort.abort(new Error('gone'));
    await expect(read(source)).rejects.toThrow('gone');
    await expect(store.get(key, { signal: abort.signal })).rejects.toThrow('gone');
  });

  it('a missing blob is not found', async () => {
    const missingKey = keyOf();
    await expect(store.get(missingKey)).rejects.toThrow(BlobNotFoundError);
    await expect(store.get(missingKey, { range: { start: 5 } })).rejects.toThrow(BlobNotFoundError);
  });

  it('deletes idempotently', async () => {
    const key = keyOf();
    await store.put(key, stream(bytes(10)), ENOUGH);
    await store.delete(key);
    await store.delete(key);
    await expect(store.get(key)).rejects.toThrow(BlobNotFoundError);
    expect(await remainsOf(key)).toEqual([]);
  });

  it('lists blobs with a prefix, with size and age', async () => {
    const base = `list-${randomUUID()}`;
    const keys = ['a', 'a/b', 'a-b', 'a/c/d', 'ab', 'b/1', 'b/10', 'b/2'].map((name) => `${base}/${name}`);
    for (const [at, key] of keys.entries()) await store.put(key, stream(bytes(at)), ENOUGH);
    const expected = [...keys].sort();
    const all = await listed(`${base}/`);
    expect(all.map(({ key }) => key)).toEqual(expected);
    expect(all.find(({ key }) => key.endsWith('b/10'))).toMatchObject({ size: 6 });
    for (const { ageMs } of all) expect(ageMs).toBeLessThan(60_000);
    expect((await listed(`${base}/a`)).map(({ key }) => key)).toEqual(
      expected.filter((key) => key.startsWith(`${base}/a`)),
    );
    expect(await listed(`${base}/nothing`)).toEqual([]);
  });

  it.runIf(paged)('lists more blobs than one page of any store', async () => {
    const base = `many-${randomUUID()}`;
    const names = Array.from({ length: 1_050 }, (_, at) => `${base}/${String(at).padStart(5, '0')}`);
    for (let at = 0; at < names.length; at += 50)
      await Promise.all(names.slice(at, at + 50).map((key) => store.put(key, stream(bytes(1)), ENOUGH)));
    expect((await listed(base)).map(({ key }) => key)).toEqual(names);
  });

  it.each([
    '',
    '/',
    '/etc/passwd',
    '../outside',
    'files/../../outside',
    'files/./a',
    'files//a',
    'files/a/',
    'a.b',
    'a b',
    'a\\b',
    'a\0b',
    'a%2e%2e/b',
    'é',
    'x'.repeat(129),
    'a/'.repeat(16) + 'a',
    'enc/files/a',
  ])('refuses the key %j in every method', async (key) => {
    const source = stream(bytes(10));
    await expect(store.put(key, source, ENOUGH)).rejects.toThrow(InvalidKeyError);
    expect(source.destroyed).toBe(true);
    await expect(store.get(key)).rejects.toThrow(InvalidKeyError);
    await expect(store.delete(key)).rejects.toThrow(InvalidKeyError);
    if (store.presign !== undefined) await expect(store.presign(key, { ttlS: 10 })).rejects.toThrow(InvalidKeyError);
  });

  it.runIf(leftovers)('removes leftovers of a killed process, and nothing younger', async () => {
    const key = keyOf();
    const finished = keyOf();
    await store.put(finished, stream(bytes(1_000)), ENOUGH);
    const slow = new Readable({ read: () => undefined });
    const put = store.put(key, slow, ENOUGH);
    slow.push(bytes(9 * MIB));
    await expect.poll(() => remainsOf(key), { timeout: 20_000 }).not.toEqual([]);
    expect(await store.removeUnfinished(60_000)).toBe(0);
    expect(await remainsOf(key)).not.toEqual([]);
    // It stops here, so from outside its process looks killed.
    await sleep(1_100);
    expect(await (await subject.another()).removeUnfinished(1_000)).toBe(1);
    expect(await remainsOf(key)).toEqual([]);
    expect((await store.get(finished)).size).toBe(1_000);
    slow.destroy(new Error('the client is gone'));
    await expect(put).rejects.toThrow();
    expect(await remainsOf(key)).toEqual([]);
  });

  it('a presigned URL lets anybody read this blob for a while; a store without the capability says so', async () => {
    if (store.presign === undefined) {
      expect(store.capabilities.presign).toBe(false);
      return;
    }
    const key = keyOf();
    const content = bytes(1_000);
    await store.put(key, stream(content), ENOUGH);
    const url = await store.presign(key, {
      ttlS: 2,
      disposition: 'attachment; filename="a.txt"',
      contentType: 'text/plain',
    });
    const reply = await fetch(url, { headers: { range: 'bytes=10-19' } });
    expect(reply.status).toBe(206);
    expect(Buffer.from(await reply.arrayBuffer()).equals(content.subarray(10, 20))).toBe(true);
    if (credulous) return;
    expect(reply.headers.get('content-disposition')).toBe('attachment; filename="a.txt"');
    const other = new URL(url);
    other.pathname = other.pathname.replace(/1$/, '2');
    expect((await fetch(other)).status).toBe(403);
    await expect.poll(async () => (await fetch(url)).status, { timeout: 10_000 }).toBe(403);
  });

  it('is healthy', async () => {
    await expect(store.health()).resolves.toBeUndefined();
  });
});
