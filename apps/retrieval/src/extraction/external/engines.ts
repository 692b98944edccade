import { basename } from 'node:path';
import { type Dispatcher, FormData } from 'undici';

/** A server that reads documents, and how it is asked. */
export interface ExternalEngine {
  /** For a log and for messages: `Tika`. */
  name: string;
  request(file: ExternalFile): ExternalRequest | Promise<ExternalRequest>;
  /** The text in its answer; Markdown unless it says so. Throws if the answer is another one. */
  answer: 'html' | ((json: unknown) => string | MadeText);
  /** What its uploader may do about a file that it cannot read. */
  advice?: string;
  /** The largest file that it takes, in bytes, and what to do about a larger one. */
  atMost?: { bytes: number; advice: string };
  /** How long it may take; without it as long as reading a document. */
  timeMs?: number;
  /** The longest answer in JSON, in bytes. */
  maxAnswerBytes?: number;
  /** How it is reached; without it directly. */
  dispatcher?: Dispatcher;
}

/** Captions are lines with the times at which they are spoken. */
export interface MadeText {
  text: string;
  kind: 'captions' | 'plain';
}

/** Servers that an administrator names for what has no text of its own. */
export interface MediaEngines {
  /** Makes text of sound and video. */
  transcriber?: ExternalEngine;
  /** Describes pictures in which little text is recognised. */
  describer?: ExternalEngine;
}

export interface ExternalFile {
  /** The uploaded name. */
  name: string;
  contentType: string;
  bytes: Blob;
}

export interface ExternalRequest {
  url: string;
  method: 'PUT' | 'POST';
  headers: Record<string, string>;
  body: Blob | FormData | string;
}

/**
 * Apache Tika's server. It answers with XHTML: headings, lists and tables stay. It is not told the declared type, which it would believe: of a type
 * that it does not know it answers with an empty page.
 */
export function tika(url: string): ExternalEngine {
  return {
    name: 'Tika',
    request: ({ bytes }) => ({
      url: `${base(url)}/tika`,
      method: 'PUT',
      headers: { accept: 'text/html' },
      body: bytes,
    }),
    answer: 'html',
  };
}

/** Docling's server, which answers with Markdown. */
export function docling(url: string, key = ''): ExternalEngine {
  return {
    name: 'Docling',
    request: ({ name, contentType, bytes }) => {
      const body = new FormData();
      body.append('files', new Blob([bytes], { type: contentType }), basename(name));
      body.append('to_formats', 'md');
      body.append('image_export_mode', 'placeholder');
      const headers: Record<string, string> = key === '' ? {} : { 'x-api-key': key };
      return { url: `${base(url)}/v1/convert/file`, method: 'POST', headers, body };
    },
    answer: (json) => textIn((json as { document?: { md_content?: unknown } } | null)?.document?.md_content),
  };
}

/** A loader of the operator's own: the file is put to `/process`, it answers with `page_content`, of the whole or of each page. */
export function ownLoader(url: string, key = ''): ExternalEngine {
  return {
    name: 'The document loader',
    request: ({ name, contentType, bytes }) => ({
      url: `${base(url)}/process`,
      method: 'PUT',
      headers: {
        ...(contentType === '' ? {} : { 'content-type': contentType }),
        ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
        'x-filename': encodeURIComponent(basename(name)),
      },
      body: bytes,
    }),
    answer: (json) =>
      (Array.isArray(json) ? json : [json])
        .map((page) => textIn((page as { page_content?: unknown } | null)?.page_content))
        .join('\n\n'),
  };
}

export const base = (url: string): string => url.replace(/\/+$/, '');

export function textIn(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('there is no text in the answer');
  return value;
}
