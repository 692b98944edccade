import { basename } from 'node:path';

/** A server that reads documents, and how it is asked. */
export interface ExternalEngine {
  /** For a log and for messages: `Tika`. */
  name: string;
  request(file: ExternalFile): ExternalRequest;
  /** The text in its answer, and what kind of text it is. Throws if the answer is another one. */
  answer: 'html' | ((json: unknown) => string);
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
  body: Blob | FormData;
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

const base = (url: string): string => url.replace(/\/+$/, '');

function textIn(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('there is no text in the answer');
  return value;
}
