import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ExtractionError } from '../extraction';
import { LATEST_SECONDS } from '../reading';

/** What a server answered in JSON, and who: parsed by the process that reads documents, as it is as large and as untrusted as one. */
export interface EngineAnswer {
  shape: 'docling' | 'loader' | 'transcript';
  /** For messages: `Docling`. */
  by: string;
}

/** The text in an answer, as a file that is read like an uploaded one. */
export interface AnsweredFile {
  path: string;
  name: string;
  contentType: string;
}

interface MadeText {
  text: string;
  kind: 'captions' | 'markdown' | 'plain';
}

const MADE_FILES: Readonly<Record<MadeText['kind'], Omit<AnsweredFile, 'path'>>> = {
  markdown: { name: 'document.md', contentType: 'text/markdown' },
  captions: { name: 'recording.vtt', contentType: 'text/vtt' },
  plain: { name: 'recording.txt', contentType: 'text/plain' },
};

const SHAPES: Readonly<Record<EngineAnswer['shape'], (json: unknown) => MadeText>> = {
  docling: (json) => markdown(textIn((json as { document?: { md_content?: unknown } } | null)?.document?.md_content)),
  loader: (json) =>
    markdown(
      (Array.isArray(json) ? json : [json])
        .map((page) => textIn((page as { page_content?: unknown } | null)?.page_content))
        .join('\n\n'),
    ),
  transcript: transcriptIn,
};

/**
 * Writes the text in the answer at `path` into `scratch`.
 *
 * @throws ExtractionError `damaged` for another answer, `no-text`
 */
export async function textOfAnswer(path: string, scratch: string, { shape, by }: EngineAnswer): Promise<AnsweredFile> {
  const { text, kind } = await made(path, SHAPES[shape], by);
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  const file = join(scratch, 'answer');
  await writeFile(file, text, { mode: 0o600 });
  return { path: file, ...MADE_FILES[kind] };
}

async function made(path: string, read: (json: unknown) => MadeText, by: string): Promise<MadeText> {
  try {
    return read(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    throw error instanceof ExtractionError ? error : strangeAnswer(by, error);
  }
}

/** @param cause dropped for people: it may quote the answer */
export const strangeAnswer = (by: string, cause: unknown): ExtractionError =>
  new ExtractionError('damaged', `${by} answered with something else than the text of the file.`, { cause });

export function textIn(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('there is no text in the answer');
  return value;
}

const markdown = (text: string): MadeText => ({ text, kind: 'markdown' });

interface Segment {
  start: number;
  end: number;
  text: string;
}

/** Captions are lines with the times at which they are spoken. */
function transcriptIn(json: unknown): MadeText {
  const { text, segments } = (json ?? {}) as { text?: unknown; segments?: unknown };
  const timed = Array.isArray(segments) ? segments.map(segmentIn) : [];
  const whole = timed.length > 0 ? timed.map((segment) => segment.text).join('') : textIn(text);
  if (whole.trim() === '') throw new ExtractionError('no-text', 'No speech was recognised in the file.');
  return timed.length > 0 ? { text: toCaptions(timed), kind: 'captions' } : { text: whole, kind: 'plain' };
}

function segmentIn(value: unknown): Segment {
  const { start, end, text } = (value ?? {}) as Record<string, unknown>;
  if (typeof start !== 'number' || !(start >= 0) || !Number.isFinite(start)) throw new TypeError('a time is missing');
  const [from, to] = [start, typeof end === 'number' && end >= start ? end : start];
  return { start: Math.min(from, LATEST_SECONDS), end: Math.min(to, LATEST_SECONDS), text: textIn(text) };
}

/** As WebVTT, which is read like an uploaded file. */
function toCaptions(segments: readonly Segment[]): string {
  const cues = segments.map(({ start, end, text }) => {
    const line = text.replace(/\s+/g, ' ').trim().replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
    return line === '' ? '' : `${stamp(start)} --> ${stamp(end)}\n${line}\n\n`;
  });
  return `WEBVTT\n\n${cues.join('')}`;
}

function stamp(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}.000`;
}
