import type { Chat, Message } from '@perennial/contracts-wire';
import { t } from '../../../messages';
import { picturesOf } from '../../pictures';
import { attachmentsOf, failureOf, modelNameOf, textOf, threadOf } from '../../thread';
import { citedDocuments } from '../../transcript/citations';

/** The shown branch of a chat as Markdown: a heading for each message, its text as it was written, and what went with it. */
export function toMarkdown(chat: Chat, { pictures }: { pictures: boolean }): string {
  const messages = threadOf(chat).map((message) => [headingOf(message), ...partsOf(message, pictures)].join('\n\n'));
  return `${[`# ${oneLine(chat.title)}`, ...messages].join('\n\n')}\n`;
}

function headingOf(message: Message): string {
  const name = message.role === 'user' ? t('question') : (modelNameOf(message, new Map()) ?? t('answer'));
  return `## ${oneLine(name)}`;
}

function partsOf(message: Message, withPictures: boolean): string[] {
  const text = textOf(message).trim();
  const error = failureOf(message)?.message;
  const attached = attachmentsOf(message).map(({ name }) => name);
  const sources = citedDocuments(message.sources).map(({ number, name }) => `${number}. ${oneLine(name)}`);
  const pictures = withPictures
    ? picturesOf(message).map(
        ({ url, name }, at) => `![${name || t('picture.of', { place: at + 1 })}](${absolute(url)})`,
      )
    : [];
  return [
    ...(text === '' ? [] : [text]),
    ...pictures,
    ...(error === undefined ? [] : [`> ${oneLine(error)}`]),
    ...(attached.length === 0 ? [] : [`${t('box.attached')}: ${attached.map(oneLine).join(', ')}`]),
    ...(sources.length === 0 ? [] : [`${t('sources')}:`, sources.join('\n')]),
  ];
}

const absolute = (url: string): string => (url.startsWith('/') ? location.origin + url : url);
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
