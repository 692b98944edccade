import { FormData } from 'undici';
import { ExtractionError } from '../extraction';
import { sizeText } from '../messages';
import { textIn } from './answers';
import { base, type ExternalEngine } from './engines';

/** A server with the operations of OpenAI. */
export interface MediaServer {
  /** Base URL: `https://api.openai.com/v1`. */
  url: string;
  /** Opened for each request: a key that cannot be opened concerns nobody else. @throws ExtractionError */
  key: () => string;
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
    url: base(url),
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
      return { url: `${base(url)}/audio/transcriptions`, method: 'POST', headers: authorized(key()), body };
    },
    answer: 'transcript',
  };
}

const PROMPT =
  'Describe this picture for people who will search for it: what kind of picture it is, what it shows, and the names, labels and numbers in it. Of a diagram or chart, say what it states. Answer with the description alone, in plain sentences.';

/** A picture described by a model; its text says that it is a description. */
export function describer({ url, key, model }: MediaServer): ExternalEngine {
  return {
    name: 'The model that describes pictures',
    url: base(url),
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
        headers: { ...authorized(key()), 'content-type': 'application/json' },
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
