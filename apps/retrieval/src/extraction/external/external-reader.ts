import { openAsBlob } from 'node:fs';
import { open, stat, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { Agent, fetch, type Response } from 'undici';
import { ExtractionError, type ExtractionLimits } from '../extraction';
import { refuse, sizeText } from '../messages';
import { foreignKind, type MediaKind } from '../signatures';
import type { ExternalEngine, MadeText, MediaEngines } from './engines';

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

/** A file for an engine. */
export interface FileToConvert {
  name: string;
  contentType?: string;
  limits: ExtractionLimits;
  signal?: AbortSignal;
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

/** Our own time limits hold: an engine may be silent for as long as it works. */
const direct = new Agent({ headersTimeout: 0, bodyTimeout: 0 });

const MADE_FILES: Readonly<Record<'html' | 'markdown' | MadeText['kind'], ConvertedFile>> = {
  html: { name: 'document.html', contentType: 'text/html' },
  markdown: { name: 'document.md', contentType: 'text/markdown' },
  captions: { name: 'recording.vtt', contentType: 'text/vtt' },
  plain: { name: 'recording.txt', contentType: 'text/plain' },
};

type Kind = 'text' | 'old' | 'other';

/** Has documents read by servers that the operator or an administrator names. What they answer is as untrusted as the document. */
export class ExternalReader {
  constructor(private readonly options: ExternalOptions) {}

  /**
   * Writes what the engine for this document makes of it to `target`; undefined if none reads it.
   *
   * @throws ExtractionError as `ask`
   */
  async convert(
    path: string,
    target: string,
    { media, ...file }: FileToConvert & { media?: MediaEngines },
  ): Promise<ConvertedFile | undefined> {
    const { kind, recording } = await kindOf(path);
    const { transcriber } = media ?? {};
    if (recording && transcriber) {
      const { extension, contentType } = recording;
      return this.ask(transcriber, path, target, { ...file, name: `recording.${extension}`, contentType });
    }
    const engine =
      kind === 'text' ? undefined : (this.options.engine ?? (kind === 'old' ? this.options.fallback : undefined));
    return engine && this.ask(engine, path, target, file);
  }

  /**
   * Writes what this engine makes of the file to `target`.
   *
   * @throws ExtractionError `engine-away` if the engine takes no documents now, `source` if it breaks off (both are tried again), else
   *   `damaged`, `too-slow`, `too-large` or `no-text`
   */
  async ask(engine: ExternalEngine, path: string, target: string, file: FileToConvert): Promise<ConvertedFile> {
    const { atMost, timeMs = file.limits.timeMs } = engine;
    if (atMost) {
      const { size } = await stat(path);
      if (size > atMost.bytes)
        throw new ExtractionError('too-large', `The file has ${sizeText(size)}. ${atMost.advice}`);
    }
    const late = AbortSignal.timeout(timeMs);
    const signal = file.signal ? AbortSignal.any([file.signal, late]) : late;
    try {
      const bytes = await openAsBlob(path);
      const { url, ...request } = await engine.request({
        name: file.name,
        contentType: file.contentType ?? '',
        bytes,
      });
      const dispatcher = engine.dispatcher ?? direct;
      const response = await fetch(url, { ...request, signal, redirect: 'error', dispatcher });
      if (!response.ok) throw await refusal(engine, response);
      return await this.write(engine, response, target, file.limits);
    } catch (error) {
      file.signal?.throwIfAborted();
      if (error instanceof ExtractionError) throw error;
      if (late.aborted)
        throw new ExtractionError(
          'too-slow',
          `${engine.name} took longer than ${Math.round(timeMs / 1000)} seconds to read the file.`,
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
    const { answer, maxAnswerBytes = MOST_JSON_BYTES } = engine;
    const most = answer === 'html' ? limits.maxExpandedBytes : maxAnswerBytes;
    const pieces = bounded(response, most, limits);
    if (answer === 'html') {
      await writeFile(target, pieces, { mode: 0o600 });
      return MADE_FILES.html;
    }
    const collected: Uint8Array[] = [];
    for await (const piece of pieces) collected.push(piece);
    const json = Buffer.concat(collected).toString('utf8');
    const made = readAnswer(engine.name, () => answer(JSON.parse(json)));
    const { text, kind } = typeof made === 'string' ? { text: made, kind: 'markdown' as const } : made;
    await writeFile(target, text, { mode: 0o600 });
    return MADE_FILES[kind];
  }
}

function readAnswer(name: string, read: () => string | MadeText): string | MadeText {
  try {
    return read();
  } catch (error) {
    if (error instanceof ExtractionError) throw error;
    throw new ExtractionError('damaged', `${name} answered with something else than the text of the file.`, {
      cause: error,
    });
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
async function refusal({ name, advice }: ExternalEngine, response: Response): Promise<ExtractionError> {
  await response.body?.cancel();
  const { status } = response;
  const retryAfterS = secondsIn(response.headers.get('retry-after'));
  const cause = `status ${status}`;
  if (status === 401 || status === 403)
    return new ExtractionError(
      'engine-away',
      `${name} refuses this service’s key. It is tried again; tell an administrator.`,
      { cause },
    );
  if (status === 404)
    return new ExtractionError(
      'engine-away',
      `${name} is not at its address, or does not have its model. It is tried again; tell an administrator.`,
      { cause },
    );
  // Tika answers 422 to what it cannot read, and 500 to what it breaks on.
  if (status === 429 || status >= 502)
    return new ExtractionError(
      status === 429 || retryAfterS !== undefined ? 'engine-away' : 'source',
      `${name}, which reads such files here, is busy. It is tried again.`,
      { cause, retryAfterS },
    );
  if (status === 413) return new ExtractionError('too-large', `The file is too large for ${lowered(name)}.`, { cause });
  return new ExtractionError(
    'damaged',
    `${name} cannot read the file. ${advice ?? 'Save it in another format, such as DOCX or PDF.'}`,
    { cause },
  );
}

/** In the middle of a sentence: `the transcription server`. */
const lowered = (name: string): string => name.replace(/^The /, 'the ');

/** Of a `Retry-After` in seconds, or with a time. */
function secondsIn(value: string | null): number | undefined {
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1_000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined;
}

/** @param error of `fetch`, which keeps that of the connection as its cause */
function wasReached(error: unknown): boolean {
  const { code } = ((error as Error).cause ?? {}) as { code?: string };
  return code === undefined || !NEVER_REACHED.has(code);
}

async function kindOf(path: string): Promise<{ kind: Kind; recording?: MediaKind }> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const head = buffer.toString('latin1', 0, bytesRead);
    if (head.startsWith('{\\rtf')) return { kind: 'old' };
    if (head.startsWith('\u00D0\u00CF\u0011\u00E0\u00A1\u00B1\u001A\u00E1')) return { kind: 'old' };
    const recording = foreignKind(buffer.subarray(0, bytesRead))?.media;
    // eslint-disable-next-line no-control-regex
    return { kind: head.startsWith('%PDF-') || /[\u0000-\u0008]/.test(head) ? 'other' : 'text', recording };
  } finally {
    await file.close();
  }
}
