import { toMarkdown } from './markdown';
import { wholeChat } from './whole-chat';

interface NamedChat {
  id: string;
  title: string;
}

/** A chat as a text that goes with a message. Pictures would be long rows of letters in it. */
export async function chatFile({ id, title }: NamedChat): Promise<File> {
  const text = toMarkdown(await wholeChat(id), { pictures: false });
  return new File([text], `${fileName(title)}.md`, { type: 'text/markdown' });
}

const LONGEST_NAME = 80;

/** A title as the name of a file on every system. */
export function fileName(title: string): string {
  const name = title
    .replace(/[\p{Cc}\\/:*?"<>|]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return [...name.replace(/^\.+/, '')].slice(0, LONGEST_NAME).join('').trim() || 'chat';
}
