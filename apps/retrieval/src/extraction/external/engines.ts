import { basename } from 'node:path';
import { type Dispatcher, FormData } from 'undici';
import type { EngineAnswer } from './answers';

/** A server that reads documents, and how it is asked. */
export interface ExternalEngine {
  /** For a log and for messages: `Tika`. */
  name: string;
  /** Where it is. */
  url: string;
  request(file: ExternalFile): ExternalRequest | Promise<ExternalRequest>;
  /** What it answers with: a document in HTML, JSON of this shape, or short JSON with Markdown. The function throws if the answer is another one. */
  answer: 'html' | EngineAnswer['shape'] | ((json: unknown) => string);
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
    url: base(url),
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
    url: base(url),
    request: ({ name, contentType, bytes }) => {
      const body = new FormData();
      body.append('files', new Blob([bytes], { type: contentType }), basename(name));
      body.append('to_formats', 'md');
      body.append('image_export_mode', 'placeholder');
      const headers: Record<string, string> = key === '' ? {} : { 'x-api-key': key };
      return { url: `${base(url)}/v1/convert/file`, method: 'POST', headers, body };
    },
    answer: 'docling',
  };
}

/** A loader of the operator's own: the file is put to `/process`, it answers with `page_content`, of the whole or of each page. */
export function ownLoader(url: string, key = ''): ExternalEngine {
  return {
    name: 'The document loader',
    url: base(url),
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
    answer: 'loader',
  };
}

export const base = (url: string): string => url.replace(/\/+$/, '');
