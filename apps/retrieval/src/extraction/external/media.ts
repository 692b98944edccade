import { FormData } from 'undici';
import { ExtractionError } from '../extraction';
import { sizeText } from '../messages';
import { base, type ExternalEngine, type MadeText, textIn } from './engines';

/** A server with the operations of OpenAI. */
export interface MediaServer {
  /** Base URL: `https://api.openai.com/v1`. */
  url: string;
  key: string;
  model: string;
}

/** Lists of words and numbers for each second of a long recording. */
const MOST_TRANSCRIPT_BYTES = 32 * 1024 * 1024;
const MOST_DESCRIPTION_BYTES = 1024 * 1024;
const LONGEST_DESCRIPTION = 20_000;
/** Of a picture, before it is a third larger in a request. */
const MOST_PICTURE_BYTES = 15 * 1024 * 1024;

/** These answer with the text alone. */
const WITHOUT_TIMES = /^gpt-4o/;

/** Speech as text, with the times of its sentences where the model tells them. */
export function transcriber(
  { url, key, model }: MediaServer,
  { language, maxBytes, timeMs }: { language: string; maxBytes: number; timeMs: number },
): ExternalEngine {
  return {
    name: 'The transcription server',
    advice: 'Save it as MP3, or upload a transcript.',
    atMost: {
      bytes: maxBytes,
      advice: `The transcription server takes files of up to ${sizeText(maxBytes)}. Save it with a lower bit rate, or cut it into parts.`,
    },
    timeMs,
    maxAnswerBytes: MOST_TRANSCRIPT_BYTES,
    request: ({ name, contentType, bytes }) => {
      const body = new FormData();
      body.append('file', new Blob([bytes], { type: contentType }), name);
      body.append('model', model);
      body.append('response_format', WITHOUT_TIMES.test(model) ? 'json' : 'verbose_json');
      if (language !== '') body.append('language', language);
      return { url: `${base(url)}/audio/transcriptions`, method: 'POST', headers: authorized(key), body };
    },
    answer: transcriptIn,
  };
}

interface Segment {
  start: number;
  end: number;
  text: string;
}

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
  return { start, end: typeof end === 'number' && end >= start ? end : start, text: textIn(text) };
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

const PROMPT =
  'Describe this picture for people who will search for it: what kind of picture it is, what it shows, and the names, labels and numbers in it. Of a diagram or chart, say what it states. Answer with the description alone, in plain sentences.';

/** A picture described by a model; its text says that it is a description. */
export function describer({ url, key, model }: MediaServer): ExternalEngine {
  return {
    name: 'The model that describes pictures',
    advice: 'Save it as PNG or JPEG, or upload a text about it.',
    atMost: {
      bytes: MOST_PICTURE_BYTES,
      advice: `The model that describes pictures takes up to ${sizeText(MOST_PICTURE_BYTES)}. Make the picture smaller.`,
    },
    maxAnswerBytes: MOST_DESCRIPTION_BYTES,
    request: async ({ contentType, bytes }) => {
      const data = Buffer.from(await bytes.arrayBuffer()).toString('base64');
      const content = [
        { type: 'text', text: PROMPT },
        { type: 'image_url', image_url: { url: `data:${contentType};base64,${data}` } },
      ];
      return {
        url: `${base(url)}/chat/completions`,
        method: 'POST',
        headers: { ...authorized(key), 'content-type': 'application/json' },
        body: JSON.stringify({ model, messages: [{ role: 'user', content }], stream: false }),
      };
    },
    answer: (json) => {
      const { choices } = (json ?? {}) as { choices?: { message?: { content?: unknown } }[] };
      const said = withoutThoughts(textIn(choices?.[0]?.message?.content));
      const description = said.trim().slice(0, LONGEST_DESCRIPTION);
      if (description === '') throw new ExtractionError('no-text', 'The picture has no text, and was not described.');
      return `# Description of the picture, by the model ${model.replace(/\s+/g, ' ')}\n\n${description}\n`;
    },
  };
}

/** What a model thought before it spoke stands between two marks. */
function withoutThoughts(text: string): string {
  let said = '';
  let at = 0;
  for (;;) {
    const from = text.indexOf('<think>', at);
    const end = from === -1 ? -1 : text.indexOf('</think>', from);
    if (end === -1) return said + text.slice(at);
    said += text.slice(at, from);
    at = end + '</think>'.length;
  }
}

const authorized = (key: string): Record<string, string> => (key === '' ? {} : { authorization: `Bearer ${key}` });
