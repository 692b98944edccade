import { MAX_FILE_NAME_CHARS } from '@perennial/contracts-retrieval';
import { WebError } from './web-error';

/** Kinds of documents on the web, each with the extension that its file gets. */
const DOCUMENTS = new Map([
  ['text/html', 'html'],
  ['application/xhtml+xml', 'html'],
  ['text/plain', 'txt'],
  ['text/markdown', 'md'],
  ['text/csv', 'csv'],
  ['text/xml', 'xml'],
  ['application/xml', 'xml'],
  ['application/json', 'json'],
  ['application/pdf', 'pdf'],
  ['application/rtf', 'rtf'],
  ['application/epub+zip', 'epub'],
  ['application/msword', 'doc'],
  ['application/vnd.ms-excel', 'xls'],
  ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'docx'],
  ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'xlsx'],
  ['application/vnd.openxmlformats-officedocument.presentationml.presentation', 'pptx'],
  ['application/vnd.oasis.opendocument.text', 'odt'],
  ['application/vnd.oasis.opendocument.spreadsheet', 'ods'],
  ['application/vnd.oasis.opendocument.presentation', 'odp'],
]);
/** Types of servers that do not know better: then the name decides. */
const UNTOLD = new Set(['', 'application/octet-stream', 'binary/octet-stream']);
const EXTENSIONS = new Set(DOCUMENTS.values());
const MAX_NAME_BYTES = 255;
// eslint-disable-next-line no-control-regex -- names go into headers and logs
const UNNAMEABLE = /[\u0000-\u001f\u007f\u2028\u2029\u202a-\u202e\u2066-\u2069\\/]/g;

/** A page's file: its kind, and a name that says where it is from. */
export interface WebDocument {
  name: string;
  contentType: string;
  isHtml: boolean;
}

/**
 * What a page is as a file: `docs.example.com - guide - install.html`.
 *
 * @throws WebError unsupported: a picture, a film, a program
 */
export function toWebDocument(url: URL, contentType: string): WebDocument {
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  const path = decode(url.pathname);
  const named = /\.([a-z0-9]{1,8})$/i.exec(path)?.[1]?.toLowerCase();
  const extension = DOCUMENTS.get(type) ?? (UNTOLD.has(type) && named && EXTENSIONS.has(named) ? named : undefined);
  if (extension === undefined)
    throw new WebError('unsupported', `Pages of this kind are not kept (${type || 'untold'}).`);
  const parts = [url.host, ...path.split('/').filter((part) => part !== '')];
  const query = url.search === '' ? '' : ` ${decode(url.search)}`;
  const stem = toFileName(parts.join(' - ') + query);
  return {
    name: named === extension && query === '' ? shortened(stem, '') : shortened(stem, `.${extension}`),
    contentType,
    isHtml: extension === 'html',
  };
}

/** A name that may stand in headers and logs. */
export function toFileName(name: string): string {
  return name.replace(UNNAMEABLE, ' ');
}

/** Cut from the middle: the host and the last part say most. */
function shortened(stem: string, extension: string): string {
  const most = Math.min(MAX_NAME_BYTES, MAX_FILE_NAME_CHARS) - extension.length;
  if (Buffer.byteLength(stem) <= most) return stem + extension;
  const characters = [...stem];
  let kept = Math.min(characters.length, most);
  const cut = (): string => `${characters.slice(0, kept / 2).join('')}…${characters.slice(-kept / 2).join('')}`;
  while (Buffer.byteLength(cut()) > most) kept -= 2;
  return cut() + extension;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
