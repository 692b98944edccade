import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

/** Contents by name, in this order. The names in `stored` are not compressed. */
export async function toZip(
  entries: Readonly<Record<string, string | Buffer>>,
  { stored = [] }: { stored?: readonly string[] } = {},
): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(entries))
    zip.addBuffer(Buffer.from(content), name, { compress: !stored.includes(name) });
  zip.end();
  return buffer(zip.outputStream);
}

const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;

/**
 * A zip bomb with overlapping entries: its directory lists the bytes of its last entry `times` more times under other names, so that a small
 * file unpacks to `times` copies.
 */
export function overlappedZip(zip: Buffer, times: number): Buffer {
  const end = zip.lastIndexOf(bytesOf(END));
  const start = zip.readUInt32LE(end + 16);
  let last = start;
  for (let at = start; at < end && zip.readUInt32LE(at) === CENTRAL; at += centralLength(zip, at)) last = at;
  const record = zip.subarray(last, last + centralLength(zip, last));
  const copies = Array.from({ length: times }, (_, at) => {
    const copy = Buffer.from(record);
    copy.write(String(at).padStart(5, '0'), CENTRAL_BYTES, 'latin1');
    return copy;
  });
  const directory = Buffer.concat([zip.subarray(start, end), ...copies]);
  const tail = Buffer.from(zip.subarray(end, end + END_BYTES));
  const count = zip.readUInt16LE(end + 10) + times;
  tail.writeUInt16LE(count, 8);
  tail.writeUInt16LE(count, 10);
  tail.writeUInt32LE(directory.length, 12);
  return Buffer.concat([zip.subarray(0, start), directory, tail]);
}

const bytesOf = (signature: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(signature);
  return bytes;
};

const centralLength = (zip: Buffer, at: number): number =>
  CENTRAL_BYTES + zip.readUInt16LE(at + 28) + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
