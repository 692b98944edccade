import { readFile } from 'node:fs/promises';
import msgreader, { type FieldsData } from '@kenjiuno/msgreader';
import { refuse } from '../messages';
import type { FormatReader, Fragment, Reading } from '../reading';
import { attachmentText, type Letter, letterText, MOST_ATTACHMENTS, omittedAttachments } from './letter';

/** The package is CommonJS: what it exports by default is within what Node imports by default. */
const MsgReader = (msgreader as unknown as { default: typeof msgreader }).default;

/** A mail as Outlook saves it (MSG). */
export const readOutlook: FormatReader = async function* (reading: Reading): AsyncGenerator<Fragment> {
  const bytes = await readFile(reading.path);
  let reader: InstanceType<typeof MsgReader>;
  let mail: FieldsData;
  try {
    reader = new MsgReader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    mail = reader.getFileData();
  } catch (error) {
    throw refuse.damaged('The mail is damaged', { cause: error });
  }
  yield { text: `${letterText(letterOf(mail))}\n\n`, markup: 'markdown' };
  const attached = (mail.attachments ?? []).filter(({ attachmentHidden }) => attachmentHidden !== true);
  for (const field of attached.slice(0, MOST_ATTACHMENTS)) {
    const contentType = field.attachMimeTag ?? '';
    const name = nameOf(field);
    const bytes = bytesOf(reader, field);
    if (bytes) yield* attachmentText({ name, contentType, bytes }, reading);
    else yield { text: `Attachment: ${name} (It is not in the mail.)\n`, markup: 'plain' };
  }
  yield* omittedAttachments(attached.length);
};

function nameOf({ fileName, fileNameShort, name, innerMsgContent }: FieldsData): string {
  const given = (innerMsgContent === true ? name : undefined) ?? fileName ?? fileNameShort ?? name ?? 'without a name';
  return innerMsgContent === true && !/\.msg$/i.test(given) ? `${given}.msg` : given;
}

/** Undefined if it is only linked, as files in a cloud are, or damaged: the rest of the mail can be read. */
function bytesOf(reader: InstanceType<typeof MsgReader>, field: FieldsData): Uint8Array | undefined {
  try {
    return reader.getAttachment(field).content;
  } catch {
    return undefined;
  }
}

function letterOf(mail: FieldsData): Letter {
  const people = (type: string) =>
    (mail.recipients ?? [])
      .filter(({ recipType = 'to' }) => recipType === type)
      .map(({ name, smtpAddress, email }) => ({ name, address: smtpAddress ?? email }));
  return {
    subject: mail.subject,
    from: [{ name: mail.senderName, address: mail.senderSmtpAddress ?? mail.senderEmail }],
    to: people('to'),
    cc: people('cc'),
    date: mail.clientSubmitTime ?? mail.messageDeliveryTime,
    html: mail.bodyHtml ?? (mail.html ? new TextDecoder().decode(mail.html) : undefined),
    text: mail.body,
  };
}
