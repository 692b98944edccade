import { type IncomingHttpHeaders, request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** One part of a multipart form: text, or a file. */
export interface Part {
  name: string;
  fileName?: string;
  contentType?: string;
  content: string | Uint8Array | AsyncIterable<Uint8Array>;
}

const BOUNDARY = '----a boundary of the tests'.replaceAll(' ', '-');

/** A multipart body as browsers write it, generated while it is sent. */
export async function* formOf(parts: readonly Part[]): AsyncGenerator<Uint8Array> {
  for (const { name, fileName, contentType, content } of parts) {
    const file = fileName === undefined ? '' : `; filename="${fileName}"`;
    const type = contentType === undefined ? '' : `Content-Type: ${contentType}\r\n`;
    yield Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n${type}\r\n`);
    if (typeof content === 'string' || content instanceof Uint8Array) yield Buffer.from(content);
    else yield* content;
    yield Buffer.from('\r\n');
  }
  yield Buffer.from(`--${BOUNDARY}--\r\n`);
}

/** The whole body, for injected requests. */
export async function formBuffer(parts: readonly Part[]): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of formOf(parts)) pieces.push(piece);
  return Buffer.concat(pieces);
}

export const formHeaders = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Sends a form over a socket, at the server's speed. Rejects when the connection breaks before a reply. */
export function sendForm(
  url: string,
  headers: Record<string, string>,
  parts: readonly Part[],
  signal?: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', headers: { ...formHeaders, ...headers }, agent: false, signal });
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.once('error', reject);
      response.once('end', () => {
        const { statusCode = 0, headers: replied } = response;
        resolve({ status: statusCode, headers: replied, body: Buffer.concat(pieces).toString() });
        outgoing.destroy();
      });
    });
    // A refusal may come before everything is sent; then the rest is not.
    pipeline(Readable.from(formOf(parts)), outgoing).catch(() => undefined);
  });
}

/** A block of bytes repeated to `total` bytes. */
export async function* repeated(block: Uint8Array, total: number): AsyncGenerator<Uint8Array> {
  for (let left = total; left > 0; left -= block.length) yield block.subarray(0, Math.min(block.length, left));
}
