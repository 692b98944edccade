import { Buffer } from 'node:buffer';
import { createRequire } from 'node:module';

const { burn } = createRequire(import.meta.url)('@kenjiuno/msgreader/lib/Burner.js');

const [ROOT, DOCUMENT] = [5, 2];
const TEXT = '001F';
const TIME = '0040';

/** Writes a mail as Outlook saves it: streams of properties in a compound file. */
export class Burner {
  properties = [];
  streams = [];

  text(tag, value) {
    const bytes = Buffer.from(value, 'utf16le');
    this.streams.push([`__substg1.0_${tag}${TEXT}`, bytes]);
    this.property(tag, TEXT, BigInt(bytes.length + 2));
  }

  /** Of its delivery. */
  time(date) {
    this.property('0039', TIME, BigInt(date.getTime() + 11_644_473_600_000) * 10_000n);
  }

  property(tag, type, value) {
    const entry = Buffer.alloc(16);
    entry.writeUInt32LE(Number.parseInt(tag + type, 16), 0);
    entry.writeUInt32LE(6, 4);
    entry.writeBigUInt64LE(value, 8);
    this.properties.push(entry);
  }

  bytes() {
    const documents = [
      ['__properties_version1.0', Buffer.concat([Buffer.alloc(32), ...this.properties])],
      ...this.streams,
    ];
    return Buffer.from(
      burn([
        { name: 'Root Entry', type: ROOT, length: 0, children: documents.map((_, at) => at + 1) },
        ...documents.map(([name, bytes]) => ({
          name,
          type: DOCUMENT,
          length: bytes.length,
          binaryProvider: () => Uint8Array.from(bytes),
        })),
      ]),
    );
  }
}
