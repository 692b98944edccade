import { HtmlText } from '../html-text';
import type { AttachedFile, Fragment, Reading } from '../reading';

/** More attachments than a person sends. */
export const MOST_ATTACHMENTS = 200;

/** Somebody who wrote a mail or gets it. */
export interface Correspondent {
  name?: string;
  address?: string;
}

/** A mail, of whatever kind of file. */
export interface Letter {
  subject?: string;
  from?: readonly Correspondent[];
  to?: readonly Correspondent[];
  cc?: readonly Correspondent[];
  date?: string;
  html?: string;
  text?: string;
}

/** Its subject as a heading, its people, its date and its words. */
export function letterText(letter: Letter): string {
  return `${headOf(letter)}\n\n${bodyOf(letter)}`;
}

function headOf({ subject, from, to, cc, date }: Letter): string {
  const lines = [
    subject ? `# ${line(subject)}\n` : '',
    people('From', from),
    people('To', to),
    people('Cc', cc),
    date ? `Date: ${line(date)}` : '',
  ];
  return lines.filter((text) => text !== '').join('\n');
}

/**
 * The HTML form, which has headings and tables, unless it has no text: a letter in one picture has its words in the plain form.
 */
function bodyOf({ html = '', text = '' }: Letter): string {
  const body = new HtmlText();
  body.write(html);
  body.end();
  const told = body.take();
  return told.trim() === '' ? text : told;
}

/** An attachment: its name, and its text where it can be read. */
export async function* attachmentText(file: AttachedFile, reading: Reading): AsyncGenerator<Fragment> {
  const name = line(file.name);
  yield { text: `Attachment: ${name}\n`, markup: 'plain' };
  // A mail with a logo needs no note about it.
  if (/^(?:image|audio|video)\//.test(file.contentType)) return;
  yield* reading.attached({ ...file, name });
}

export async function* omittedAttachments(count: number): AsyncGenerator<Fragment> {
  if (count > MOST_ATTACHMENTS)
    yield { text: `(${count - MOST_ATTACHMENTS} more attachments were not read.)\n`, markup: 'plain' };
}

function people(label: string, correspondents: readonly Correspondent[] = []): string {
  const names = correspondents
    .filter(({ name, address }) => name || address)
    .map(({ name, address }) =>
      line(name && name !== address ? `${name}${address ? ` <${address}>` : ''}` : (address ?? '')),
    );
  return names.length === 0 ? '' : `${label}: ${names.join(', ')}`;
}

const line = (text: string): string => text.replace(/\s+/g, ' ').trim();
