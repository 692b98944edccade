import { openAsBlob } from 'node:fs';
import { open, stat, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { Agent, fetch, type Response } from 'undici';
import { ExtractionError, type ExtractionLimits } from '../extraction';
import { refuse, sizeText } from '../messages';
import { foreignKind, type MediaKind } from '../signatures';
import { type EngineAnswer, strangeAnswer } from './answers';
import { EngineWatch } from './engine-watch';
import type { ExternalEngine, MediaEngines } from './engines';

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
  /** It is an answer that its reader has to look into. */
  answer?: EngineAnswer;
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

const HTML: ConvertedFile = { name: 'document.html', contentType: 'text/html' };
const MARKDOWN: ConvertedFile = { name: 'document.md', contentType: 'text/markdown' };
const JSON_ANSWER: ConvertedFile = { name: 'answer.json', contentType: 'application/json' };

type Kind = 'text' | 'old' | 'other';

/** How a document is converted. */
export interface Conversion extends FileToConvert {
  media?: MediaEngines;
  /** Called before a recording is sent. */
  beforeRecording?: () => void;
}

/** Has documents read by servers that the operator or an administrator names. What they answer is as untrusted as the document. */
export class ExternalReader {
  /** Those that were away lately. */
  readonly watch = new EngineWatch();

  constructor(private readonly options: ExternalOptions) {}

  /**
   * Writes what the engine for this document makes of it to `target`; undefined if none reads it.
   *
   * @throws ExtractionError as `ask`
   */
  async convert(
    path: string,
    target: string,
    { media, beforeRecording, ...file }: Conversion,
  ): Promise<ConvertedFile | undefined> {
    const chosen = this.choose(await headOf(path), media);
    if (!chosen) return undefined;
    const { engine, recording } = chosen;
    if (!recording) return this.ask(engine, path, target, file);
    beforeRecording?.();
    file.signal?.throwIfAborted();
    const { extension, contentType } = recording;
    return this.ask(engine, path, target, { ...file, name: `recording.${extension}`, contentType });
  }

  /**
   * Asks nobody unless the engine for this document was away lately.
   *
   * @param head of the document: its first bytes
   *
   * @throws ExtractionError `engine-away`
   */
  async assertThere(head: () => Promise<Uint8Array>, media: MediaEngines | undefined): Promise<void> {
    if (this.watch.isCalm) return;
    const chosen = this.choose(await head(), media);
    if (chosen) await this.watch.assertThere(chosen.engine);
  }

  private choose(
    head: Uint8Array,
    { transcriber }: MediaEngines = {},
  ): { engine: ExternalEngine; recording?: MediaKind } | undefined {
    const { kind, recording } = kindOf(head);
    if (recording && transcriber) return { engine: transcriber, recording };
    if (kind === 'text') return undefined;
    const engine = this.options.engine ?? (kind === 'old' ? this.options.fallback : undefined);
    return engine && { engine };
  }

  /**
   * Writes what this engine makes of the file to `target`.
   *
   * @throws ExtractionError `engine-away` if the engine takes no documents now, `source` if it breaks off (both are tried again), else
   *   `damaged`, `too-slow`, `too-large` or `no-text`
   */
  async ask(engine: ExternalEngine, path: string, target: string, file: FileToConvert): Promise<ConvertedFile> {
    try {
      const made = await this.send(engine, path, target, file);
      this.watch.note(engine);
      return made;
    } catch (error) {
      if (error instanceof ExtractionError) this.watch.note(engine, error);
      throw error;
    }
  }

  private async send(
    engine: ExternalEngine,
    path: string,
    target: string,
    file: FileToConvert,
  ): Promise<ConvertedFile> {
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
      const isDown = !wasReached(error);
      throw new ExtractionError(
        isDown ? 'engine-away' : 'source',
        `${engine.name}, which reads such files here, cannot be reached. It is tried again.`,
        { cause: error, isDown },
      );
    }
  }

  private async write(
    engine: ExternalEngine,
    response: Response,
    target: string,
    limits: ExtractionLimits,
  ): Promise<ConvertedFile> {
    const { answer, name, maxAnswerBytes = MOST_JSON_BYTES } = engine;
    const most = answer === 'html' ? limits.maxExpandedBytes : maxAnswerBytes;
    const pieces = bounded(response, most, limits);
    if (typeof answer === 'string') {
      await writeFile(target, pieces, { mode: 0o600 });
      return answer === 'html' ? HTML : { ...JSON_ANSWER, answer: { shape: answer, by: name } };
    }
    const collected: Uint8Array[] = [];
    for await (const piece of pieces) collected.push(piece);
    const json = Buffer.concat(collected).toString('utf8');
    await writeFile(
      target,
      readAnswer(name, () => answer(JSON.parse(json))),
      { mode: 0o600 },
    );
    return MARKDOWN;
  }
}

function readAnswer(name: string, read: () => string): string {
  try {
    return read();
  } catch (error) {
    throw error instanceof ExtractionError ? error : strangeAnswer(name, error);
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
    return new ExtractionError('engine-away', `${name}, which reads such files here, is busy. It is tried again.`, {
      cause,
      retryAfterS,
      // Of a gateway before it while it restarts; or the document ends it each time.
      isDown: status !== 429,
      isDoubtful: status !== 429 && retryAfterS === undefined,
    });
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

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function kindOf(bytes: Uint8Array): { kind: Kind; recording?: MediaKind } {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, HEAD_BYTES)).toString('latin1');
  if (head.startsWith('{\\rtf')) return { kind: 'old' };
  if (head.startsWith('\u00D0\u00CF\u0011\u00E0\u00A1\u00B1\u001A\u00E1')) return { kind: 'old' };
  const recording = foreignKind(bytes)?.media;
  // eslint-disable-next-line no-control-regex
  return { kind: head.startsWith('%PDF-') || /[\u0000-\u0008]/.test(head) ? 'other' : 'text', recording };
}
