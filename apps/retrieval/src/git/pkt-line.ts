import { WebError } from '../web/web-error';

/** A line of Git's protocol: its bytes, or one of the marks between lines. */
export type PktLine = Buffer | 'flush' | 'delimiter';

const LENGTH_CHARS = 4;

/** The form in which lines are sent: their length, in hex, before them. */
export function toPktLines(...lines: (string | 'flush' | 'delimiter')[]): Buffer {
  return Buffer.concat(
    lines.map((line) => {
      if (line === 'flush') return Buffer.from('0000');
      if (line === 'delimiter') return Buffer.from('0001');
      const bytes = Buffer.from(`${line}\n`);
      return Buffer.concat([Buffer.from((bytes.length + LENGTH_CHARS).toString(16).padStart(4, '0')), bytes]);
    }),
  );
}

/** The lines of an answer as they come. @throws WebError away, if it is no such answer or is cut off */
export async function* pktLines(pieces: AsyncIterable<Buffer>): AsyncGenerator<PktLine> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    for (;;) {
      if (rest.length < LENGTH_CHARS) break;
      const text = rest.toString('latin1', 0, LENGTH_CHARS);
      if (!/^[0-9a-f]{4}$/i.test(text)) throw notGit();
      const length = Number.parseInt(text, 16);
      if (length > 1 && length < LENGTH_CHARS) throw notGit();
      const end = Math.max(length, LENGTH_CHARS);
      if (rest.length < end) break;
      yield length === 0 ? 'flush' : length === 1 ? 'delimiter' : rest.subarray(LENGTH_CHARS, end);
      rest = rest.subarray(end);
    }
  }
  if (rest.length > 0) throw notGit();
}

/** A line as text, without its end. */
export const lineText = (line: Buffer): string => line.toString('utf8').replace(/\n$/, '');

export function notGit(cause?: unknown): WebError {
  return new WebError('away', 'The server does not answer as a Git server.', { cause });
}
