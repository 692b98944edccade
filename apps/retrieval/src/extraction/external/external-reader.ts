import { openAsBlob } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ExtractionError, type ExtractionLimits } from '../extraction';
import { refuse } from '../messages';
import type { ExternalEngine } from './engines';

export interface ExternalOptions {
  /** Reads all documents that are not plain text. */
  engine?: ExternalEngine;
  /** Reads those that this service cannot: RTF, and Office files from before 2007. */
  fallback?: ExternalEngine;
}

/** The text that an engine made of a document, as a file that is read like an uploaded one. */
export interface ConvertedFile {
  name: string;
  contentType: string;
}

const HEAD_BYTES = 1024;
/** Of a connection that was never made. One that breaks later may have been broken by the document. */
const NEVER_REACHED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
/** An answer in JSON is held in memory. */
const MOST_JSON_BYTES = 128 * 1024 * 1024;

type Kind = 'text' | 'old' | 'other';

/** Has documents read by servers that the operator names. What they answer is as untrusted as the document. */
export class ExternalReader {
  constructor(private readonly options: ExternalOptions) {}

  /**
   * Writes what the engine for this document makes of it to `target`; undefined if none reads it.
   *
   * @throws ExtractionError `engine-away` if the engine takes no documents now, `source` if it breaks off (both are tried again), else
   *   `damaged`, `too-slow` or `too-large`
   */
  async convert(
    path: string,
    target: string,
    file: { name: string; contentType?: string; limits: ExtractionLimits; signal?: AbortSignal },
  ): Promise<ConvertedFile | undefined> {
    const kind = await kindOf(path);
    const engine =
      kind === 'text' ? undefined : (this.options.engine ?? (kind === 'old' ? this.options.fallback : undefined));
    if (!engine) return undefined;
    const late = AbortSignal.timeout(file.limits.timeMs);
    const signal = file.signal ? AbortSignal.any([file.signal, late]) : late;
    try {
      const bytes = await openAsBlob(path);
      const { url, ...request } = engine.request({ name: file.name, contentType: file.contentType ?? '', bytes });
      const response = await fetch(url, { ...request, signal, redirect: 'error' });
      if (!response.ok) throw await refusal(engine, response);
      return await this.write(engine, response, target, file.limits);
    } catch (error) {
      file.signal?.throwIfAborted();
      if (error instanceof ExtractionError) throw error;
      if (late.aborted)
        throw new ExtractionError(
          'too-slow',
          `${engine.name} took longer than ${Math.round(file.limits.timeMs / 1000)} seconds to read the file.`,
        );
      throw new ExtractionError(
        wasReached(error) ? 'source' : 'engine-away',
        `${engine.name}, which reads such files here, cannot be reached. It is tried again.`,
        { cause: error },
      );
    }
  }

  private async write(
    engine: ExternalEngine,
    response: Response,
    target: string,
    limits: ExtractionLimits,
  ): Promise<ConvertedFile> {
    const { answer } = engine;
    const most = answer === 'html' ? limits.maxExpandedBytes : MOST_JSON_BYTES;
    const pieces = bounded(response, most, limits);
    if (answer === 'html') {
      await writeFile(target, pieces, { mode: 0o600 });
      return { name: 'document.html', contentType: 'text/html' };
    }
    const collected: Uint8Array[] = [];
    for await (const piece of pieces) collected.push(piece);
    const json = Buffer.concat(collected).toString('utf8');
    try {
      await writeFile(target, answer(JSON.parse(json)), { mode: 0o600 });
    } catch (error) {
      throw new ExtractionError('damaged', `${engine.name} answered with something else than the text of the file.`, {
        cause: error,
      });
    }
    return { name: 'document.md', contentType: 'text/markdown' };
  }
}

async function* bounded(response: Response, most: number, limits: ExtractionLimits): AsyncGenerator<Uint8Array> {
  if (!response.body) return;
  let size = 0;
  for await (const piece of Readable.fromWeb(
    response.body as Parameters<typeof Readable.fromWeb>[0],
  ) as AsyncIterable<Uint8Array>) {
    size += piece.length;
    if (size > most) throw refuse.tooMuchText(limits);
    yield piece;
  }
}

/** What an engine's refusal means. Its words are not shown: they may quote the document, or the engine's own addresses. */
async function refusal({ name }: ExternalEngine, response: Response): Promise<ExtractionError> {
  await response.body?.cancel();
  const cause = `status ${response.status}`;
  if (response.status === 401 || response.status === 403)
    return new ExtractionError(
      'engine-away',
      `${name} refuses this service’s key. It is tried again; tell an administrator.`,
      { cause },
    );
  // Tika answers 422 to what it cannot read, and 500 to what it breaks on.
  if (response.status === 429 || response.status >= 502)
    return new ExtractionError(
      response.status === 429 ? 'engine-away' : 'source',
      `${name}, which reads such files here, is busy. It is tried again.`,
      { cause },
    );
  return new ExtractionError(
    'damaged',
    `${name} cannot read the file. Save it in another format, such as DOCX or PDF.`,
    { cause },
  );
}

/** @param error of `fetch`, which keeps that of the connection as its cause */
function wasReached(error: unknown): boolean {
  const { code } = ((error as Error).cause ?? {}) as { code?: string };
  return code === undefined || !NEVER_REACHED.has(code);
}

async function kindOf(path: string): Promise<Kind> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const head = buffer.toString('latin1', 0, bytesRead);
    if (head.startsWith('{\\rtf')) return 'old';
    if (head.startsWith('\u00D0\u00CF\u0011\u00E0\u00A1\u00B1\u001A\u00E1')) return 'old';
    // eslint-disable-next-line no-control-regex
    return head.startsWith('%PDF-') || /[\u0000-\u0008]/.test(head) ? 'other' : 'text';
  } finally {
    await file.close();
  }
}
