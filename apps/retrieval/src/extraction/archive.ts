import { TextDecoder } from 'node:util';
import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import type { ExtractionLimits } from './extraction';
import { refuse } from './messages';

/** Containers that unpack to less than this are small at any ratio. */
const SMALL_BYTES = 32 * 1024 * 1024;
const LOCAL_HEADER_BYTES = 30;

/** Counts what all containers of one document unpack to, those within others included. */
export class Expansion {
  private bytes = 0;

  /** @param size of the document, in bytes */
  constructor(
    private readonly size: number,
    private readonly limits: ExtractionLimits,
  ) {}

  /** @throws ExtractionError `expands-too-much` */
  add(bytes: number): void {
    this.bytes += bytes;
    if (tooMuch(this.bytes, this.size, this.limits)) throw refuse.expands();
  }
}

/**
 * A zip container (Office documents, OpenDocument, EPUB) whose entries are unpacked one by one, as streams. Its content is not trusted: a
 * directory that no program writes (overlapping entries, too many of them) is refused, and the unpacked bytes of all entries are counted.
 */
export class Archive {
  private expanded = 0;
  /** Entries that were read to their end: their bytes count once. */
  private readonly known = new Set<string>();

  private constructor(
    private readonly zip: ZipFile,
    private readonly entries: ReadonlyMap<string, Entry>,
    private readonly limits: ExtractionLimits,
    private readonly whole: Expansion | undefined,
  ) {}

  /**
   * Reads the directory. Throws `damaged`, `encrypted` or `expands-too-much`.
   *
   * @param whole counts for the document in which it is
   */
  static async open(path: string, limits: ExtractionLimits, whole?: Expansion): Promise<Archive> {
    const zip = await openPromise(path, { lazyEntries: true, autoClose: false }).catch((error: unknown) => {
      throw refuse.damaged(undefined, { cause: error });
    });
    try {
      if (zip.entryCount > limits.maxEntries) throw refuse.expands();
      const entries = new Map<string, Entry>();
      try {
        for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry);
      } catch (error) {
        throw refuse.damaged(undefined, { cause: error });
      }
      checkEntries([...entries.values()], zip.fileSize, limits);
      return new Archive(zip, entries, limits, whole);
    } catch (error) {
      zip.close();
      throw error;
    }
  }

  get names(): string[] {
    return [...this.entries.keys()];
  }

  has(name: string): boolean {
    return this.entries.has(name);
  }

  /** Bytes that an entry says it unpacks to. */
  sizeOf(name: string): number {
    return this.entries.get(name)?.uncompressedSize ?? 0;
  }

  /** The bytes of an entry as they are unpacked. */
  async *stream(name: string): AsyncGenerator<Buffer> {
    const entry = this.entries.get(name);
    if (!entry) throw refuse.damaged('The file is incomplete: a part of the document is missing');
    let sum = 0;
    let size = 0;
    const stream = await this.zip.openReadStreamPromise(entry);
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (!this.known.has(name)) {
          this.expanded += chunk.length;
          this.whole?.add(chunk.length);
        }
        if (tooMuch(this.expanded, this.zip.fileSize, this.limits)) throw refuse.expands();
        sum = crc32(chunk, sum);
        yield chunk;
      }
    } finally {
      stream.destroy();
    }
    if (size !== entry.uncompressedSize || sum !== entry.crc32) throw refuse.damaged();
    this.known.add(name);
  }

  /** An entry as text: UTF-8, or UTF-16 with its mark, as XML has it. */
  async *text(name: string): AsyncGenerator<string> {
    let decoder: TextDecoder | undefined;
    for await (const bytes of this.stream(name)) {
      decoder ??= new TextDecoder(markOf(bytes));
      yield decoder.decode(bytes, { stream: true });
    }
    if (decoder) yield decoder.decode();
  }

  async bytes(name: string): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.stream(name)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  close(): void {
    this.zip.close();
  }
}

const markOf = (bytes: Uint8Array): string =>
  bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';

const tooMuch = (expanded: number, size: number, limits: ExtractionLimits): boolean =>
  expanded > limits.maxExpandedBytes || (expanded > SMALL_BYTES && expanded > size * limits.maxExpansionRatio);

function checkEntries(entries: Entry[], fileSize: number, limits: ExtractionLimits): void {
  if (entries.some((entry) => entry.isEncrypted())) throw refuse.encrypted();
  // Many entries that share one compressed stream are how a small bomb becomes large.
  const inPlace = entries.toSorted((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader);
  let end = 0;
  for (const entry of inPlace) {
    if (entry.relativeOffsetOfLocalHeader < end) throw refuse.expands();
    end = entry.relativeOffsetOfLocalHeader + LOCAL_HEADER_BYTES + entry.fileNameLength + entry.compressedSize;
  }
  if (end > fileSize) throw refuse.damaged();
  const packed = entries.filter((entry) => entry.compressedSize < entry.uncompressedSize);
  const unpacked = packed.reduce((sum, entry) => sum + entry.uncompressedSize, 0);
  if (unpacked > SMALL_BYTES && unpacked > fileSize * limits.maxExpansionRatio) throw refuse.expands();
}
