import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { ExtractionError } from './extraction';
import { refuse } from './messages';

const PIECE = 1024 * 1024;

/** The encoding of a text file. */
export interface Encoding {
  /** A label that `TextDecoder` knows. */
  label: string;
}

const NO_TEXT = () =>
  refuse.unsupported(
    'The file is neither text nor a document of a known kind',
    'Documents are PDF, Word, Excel, PowerPoint, OpenDocument, EPUB, HTML and text.',
  );

const startsWith = (head: Uint8Array, ...bytes: number[]): boolean => bytes.every((byte, at) => head[at] === byte);

/** UTF-16 without a mark of its byte order: every other byte of Latin text is zero. */
function utf16Without(head: Uint8Array): string | undefined {
  const zeros = [0, 0];
  for (const [at, byte] of head.entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  const half = head.length / 2;
  if (odd > half * 0.4 && even < half * 0.05) return 'utf-16le';
  if (even > half * 0.4 && odd < half * 0.05) return 'utf-16be';
  return undefined;
}

/**
 * Detects the encoding of a text file: by its byte order mark, as UTF-16 by its zeros, as UTF-8 if all of it is valid, as declared
 * (`declared`: from HTML or XML), else as Windows-1252 if it looks like the text of a western language. Throws `encoding` if a guess would
 * produce nonsense: UTF-8 with invalid bytes, other undeclared encodings. Throws `unsupported` for bytes that are not text.
 */
export async function tellEncoding(path: string, head: Uint8Array, declared?: string): Promise<Encoding> {
  if (startsWith(head, 0xef, 0xbb, 0xbf)) return { label: 'utf-8' };
  if (startsWith(head, 0xff, 0xfe, 0, 0)) throw unknownEncoding();
  if (startsWith(head, 0xff, 0xfe)) return { label: 'utf-16le' };
  if (startsWith(head, 0xfe, 0xff)) return { label: 'utf-16be' };
  const wide = utf16Without(head.subarray(0, 65_536));
  if (wide !== undefined) return { label: wide };
  if (head.includes(0)) throw NO_TEXT();
  const label = declared === undefined ? undefined : knownLabel(declared);
  // Its characters are ASCII with escapes, which is UTF-8 too.
  if (label === 'iso-2022-jp') return { label };
  // Converted pages keep their old declaration; other text is hardly ever valid UTF-8.
  if (await isAllUtf8(path)) return { label: 'utf-8' };
  if (label !== undefined && label !== 'utf-8' && !label.startsWith('utf-16')) return { label };
  const bytes = await countBytes(path);
  if (bytes.controls > 0 && bytes.valid === 0) throw unknownEncoding();
  if (bytes.valid >= bytes.invalid)
    throw new ExtractionError(
      'encoding',
      `Byte ${bytes.firstInvalid} of the text is not valid UTF-8, though most of it is. Save the file again as UTF-8.`,
    );
  if (bytes.controls > 0 || bytes.high > bytes.all * 0.3) throw unknownEncoding();
  return { label: 'windows-1252' };
}

const unknownEncoding = () =>
  new ExtractionError(
    'encoding',
    'The encoding of the text is unknown: it is neither UTF-8 nor UTF-16 nor Windows-1252. Save the file again as UTF-8.',
  );

function knownLabel(declared: string): string | undefined {
  try {
    return new TextDecoder(declared.trim()).encoding;
  } catch {
    return undefined;
  }
}

/** The text of a file, piece by piece, never cut within a character. Throws `encoding` at the first invalid byte. */
export async function* decoded(path: string, { label }: Encoding): AsyncGenerator<string> {
  const decoder = new TextDecoder(label, { fatal: true });
  try {
    for await (const bytes of pieces(path)) yield decoder.decode(bytes, { stream: true });
    yield decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ExtractionError(
      'encoding',
      `The text is not valid ${label.toUpperCase()}, as which it is declared or begins. Save the file again as UTF-8.`,
    );
  }
}

function pieces(path: string): AsyncIterable<Buffer> {
  return createReadStream(path, { highWaterMark: PIECE });
}

async function isAllUtf8(path: string): Promise<boolean> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const bytes of pieces(path)) {
    if (bytes.includes(0)) throw NO_TEXT();
    const piece = rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes;
    const cut = completeLength(piece);
    if (!isUtf8(piece.subarray(0, cut))) return false;
    rest = piece.subarray(cut);
  }
  return rest.length === 0;
}

/** Length of the bytes before an incomplete UTF-8 character at the end. */
function completeLength(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte >= 0xc0) return sequenceLength(byte) > back ? bytes.length - back : bytes.length;
    if (byte < 0x80) break;
  }
  return bytes.length;
}

const sequenceLength = (lead: number): number => (lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2);

interface Bytes {
  all: number;
  /** Bytes above ASCII. */
  high: number;
  /** Characters of UTF-8 beyond ASCII. */
  valid: number;
  /** Bytes that are no UTF-8, and where the first one is. */
  invalid: number;
  firstInvalid: number;
  /** Bytes that no text in Windows-1252 has. */
  controls: number;
}

const UNDEFINED_IN_1252 = new Set([0x81, 0x8d, 0x8f, 0x90, 0x9d]);
const isControl = (byte: number): boolean =>
  byte < 0x20 ? byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d : UNDEFINED_IN_1252.has(byte);

async function countBytes(path: string): Promise<Bytes> {
  const bytes: Bytes = { all: 0, high: 0, valid: 0, invalid: 0, firstInvalid: -1, controls: 0 };
  let open = 0;
  let begun = 0;
  const fail = (at: number, many: number): void => {
    if (bytes.firstInvalid === -1) bytes.firstInvalid = at;
    bytes.invalid += many;
    open = 0;
  };
  for await (const piece of pieces(path)) {
    for (const byte of piece) {
      if (byte >= 0x80) bytes.high += 1;
      if (isControl(byte)) bytes.controls += 1;
      if (open > 0 && (byte & 0xc0) === 0x80) {
        open -= 1;
        if (open === 0) bytes.valid += 1;
      } else {
        if (open > 0) fail(bytes.all - begun, begun);
        if (byte >= 0xc2 && byte <= 0xf4) {
          open = sequenceLength(byte) - 1;
          begun = 0;
        } else if (byte >= 0x80) fail(bytes.all, 1);
      }
      begun += 1;
      bytes.all += 1;
    }
  }
  if (open > 0) fail(bytes.all - begun, begun);
  return bytes;
}
