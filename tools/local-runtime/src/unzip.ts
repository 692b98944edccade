import { createWriteStream } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';

interface Entry {
  method: number;
  crc: number;
  compressed: number;
  size: number;
  offset: number;
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;

/**
 * Unpacks one file of a zip archive (for example a wheel) without reading it into memory: written beside `target`, checked by length and
 * checksum, then renamed, so `target` is complete or missing. No ZIP64, which archives below 4 GB do not need.
 *
 * @param endsWith the first entry whose path ends like this
 * @throws Error when the archive is damaged or has no such entry
 */
export async function unzipOne(
  archive: string,
  endsWith: string,
  target: string,
  onProgress: (doneBytes: number, totalBytes: number) => void = () => undefined,
): Promise<void> {
  const file = await open(archive, 'r');
  const partial = `${target}.${process.pid}.partial`;
  try {
    const entry = await findEntry(file, endsWith);
    const local = await readAt(file, entry.offset, 30);
    const start = entry.offset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
    let done = 0;
    let crc = 0;
    const check = new Transform({
      transform(chunk: Buffer, _encoding, next) {
        done += chunk.length;
        crc = crc32(chunk, crc);
        onProgress(done, entry.size);
        next(null, chunk);
      },
    });
    const packed = file.createReadStream({ start, end: start + entry.compressed - 1, autoClose: false });
    if (entry.method === 8) await pipeline(packed, createInflateRaw(), check, createWriteStream(partial));
    else if (entry.method === 0) await pipeline(packed, check, createWriteStream(partial));
    else throw new Error(`${archive} uses compression method ${entry.method}, which is not supported`);
    if (done !== entry.size || crc !== entry.crc)
      throw new Error(`${archive} is damaged: ${endsWith} has a wrong checksum`);
    await rename(partial, target);
  } finally {
    await file.close();
    await rm(partial, { force: true });
  }
}

async function findEntry(file: FileHandle, endsWith: string): Promise<Entry> {
  const { size } = await file.stat();
  const tailLength = Math.min(size, 65_557);
  const tail = await readAt(file, size - tailLength, tailLength);
  let end = tail.length - 22;
  while (end >= 0 && tail.readUInt32LE(end) !== END) end--;
  if (end < 0) throw new Error('The archive is damaged: it has no directory');
  const directory = await readAt(file, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === CENTRAL;) {
    const nameLength = directory.readUInt16LE(at + 28);
    if (directory.toString('utf8', at + 46, at + 46 + nameLength).endsWith(endsWith)) {
      return {
        method: directory.readUInt16LE(at + 10),
        crc: directory.readUInt32LE(at + 16),
        compressed: directory.readUInt32LE(at + 20),
        size: directory.readUInt32LE(at + 24),
        offset: directory.readUInt32LE(at + 42),
      };
    }
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  throw new Error(`The archive has no ${endsWith}`);
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  if (bytesRead !== length) throw new Error('The archive is damaged: it ends too early');
  return buffer;
}
