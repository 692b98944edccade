import { readFile } from 'node:fs/promises';
import PostalMime, { type Address, type Attachment, type Email } from 'postal-mime';
import { HtmlText } from '../html-text';
import { refuse } from '../messages';
import type { FormatReader, Fragment, Reading } from '../reading';

/** More attachments than a person sends. */
const MOST_ATTACHMENTS = 200;
const MAX_NESTING = 50;

/** A mail (EML) or a saved page (MHTML): subject, people and date, its text, and its attachments, read like files. */
export const readMail: FormatReader = async function* (reading: Reading): AsyncGenerator<Fragment> {
  const mail = await PostalMime.parse(await readFile(reading.path), { maxNestingDepth: MAX_NESTING }).catch(
    (error: unknown) => {
      throw refuse.damaged('The mail is damaged or nested too deeply', { cause: error });
    },
  );
  yield { text: `${headOf(mail)}\n\n${bodyOf(mail)}\n\n`, markup: 'markdown' };
  const attached = mail.attachments.filter((attachment) => attachment.related !== true);
  for (const attachment of attached.slice(0, MOST_ATTACHMENTS)) yield* attachmentText(attachment, reading);
  if (attached.length > MOST_ATTACHMENTS) {
    yield { text: `(${attached.length - MOST_ATTACHMENTS} more attachments were not read.)\n`, markup: 'plain' };
  }
};

function headOf({ subject, from, to, cc, date }: Email): string {
  const lines = [
    subject ? `# ${line(subject)}\n` : '',
    from ? `From: ${people([from])}` : '',
    to?.length ? `To: ${people(to)}` : '',
    cc?.length ? `Cc: ${people(cc)}` : '',
    date ? `Date: ${line(date)}` : '',
  ];
  return lines.filter((text) => text !== '').join('\n');
}

/**
 * The HTML form, which has headings and tables, unless it has no text: a letter in one picture has its words in the plain form.
 */
function bodyOf({ html = '', text = '' }: Email): string {
  const body = new HtmlText();
  body.write(html);
  body.end();
  const told = body.take();
  return told.trim() === '' ? text : told;
}

async function* attachmentText(attachment: Attachment, reading: Reading): AsyncGenerator<Fragment> {
  const { filename, mimeType, content } = attachment;
  const name = line(filename ?? 'without a name');
  yield { text: `Attachment: ${name}\n`, markup: 'plain' };
  // Pictures and sound are not read here, and a mail with a logo needs no note about it.
  if (/^(?:image|audio|video)\//.test(mimeType)) return;
  const bytes = typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content);
  yield* reading.attached({ name, contentType: mimeType, bytes });
}

const people = (addresses: readonly Address[]): string =>
  addresses
    .flatMap((each) => each.group ?? [each])
    .map(({ name, address }) => line(name ? `${name} <${address ?? ''}>` : (address ?? '')))
    .join(', ');

const line = (text: string): string => text.replace(/\s+/g, ' ').trim();
