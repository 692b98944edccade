import { readFile } from 'node:fs/promises';
import PostalMime, { type Address } from 'postal-mime';
import { refuse } from '../messages';
import type { FormatReader, Fragment, Reading } from '../reading';
import { attachmentText, letterText, MOST_ATTACHMENTS, omittedAttachments } from './letter';

const MAX_NESTING = 50;

/** A mail (EML) or a saved page (MHTML): subject, people and date, its text, and its attachments, read like files. */
export const readMail: FormatReader = async function* (reading: Reading): AsyncGenerator<Fragment> {
  const mail = await PostalMime.parse(await readFile(reading.path), { maxNestingDepth: MAX_NESTING }).catch(
    (error: unknown) => {
      throw refuse.damaged('The mail is damaged or nested too deeply', { cause: error });
    },
  );
  const { subject, date, html, text } = mail;
  const letter = {
    subject,
    date,
    html,
    text,
    from: each(mail.from),
    to: each(...(mail.to ?? [])),
    cc: each(...(mail.cc ?? [])),
  };
  yield { text: `${letterText(letter)}\n\n`, markup: 'markdown' };
  const attached = mail.attachments.filter((attachment) => attachment.related !== true);
  for (const { filename, mimeType, content } of attached.slice(0, MOST_ATTACHMENTS)) {
    const bytes = typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content);
    yield* attachmentText({ name: filename ?? 'without a name', contentType: mimeType, bytes }, reading);
  }
  yield* omittedAttachments(attached.length);
};

/** Groups of addresses are their members. */
const each = (...addresses: readonly (Address | undefined)[]) =>
  addresses.flatMap((address) => address?.group ?? (address ? [address] : []));
