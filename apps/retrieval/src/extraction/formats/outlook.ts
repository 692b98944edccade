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
    const { fileName, content } = reader.getAttachment(field);
    const name = field.innerMsgContent === true && !/\.msg$/i.test(fileName) ? `${fileName}.msg` : fileName;
    yield* attachmentText({ name, contentType: field.attachMimeTag ?? '', bytes: content }, reading);
  }
  yield* omittedAttachments(attached.length);
};

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
