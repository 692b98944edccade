import { cutText } from '../types/cut-text';

/** Name of a new chat until its title is made; a title replaces only this name. */
export const DEFAULT_TITLE = 'New Chat';

/** The default prompt of a title job. `{{MESSAGE}}` is the beginning of the user's message. */
export const DEFAULT_TITLE_PROMPT = `Write a title for the conversation that begins with the message below.
Three to six words in the language of the message, no quotes, no full stop at the end.
Answer with JSON and nothing else: {"title": "..."}

<message>
{{MESSAGE}}
</message>`;

const PLACEHOLDER = /\{\{(?:MESSAGE|MESSAGES|prompt)(?::[^}]*)?\}\}/g;
const LONGEST = 100;
/** As a title in the list of chats. */
const FALLBACK_CHARS = 60;

/** The prompt of a title job. A prompt without a placeholder gets the message at its end. */
export function titlePrompt(template: string, message: string): string {
  const prompt = template.trim() === '' ? DEFAULT_TITLE_PROMPT : template;
  const filled = prompt.replace(PLACEHOLDER, () => message);
  return filled === prompt && !PLACEHOLDER.test(prompt) ? `${prompt}\n\n${message}` : filled;
}

/** The title in a model's answer; undefined if there is none. */
export function titleOf(answer: string): string | undefined {
  for (const match of answer.matchAll(/\{[^{}]*\}/g)) {
    try {
      const { title } = JSON.parse(match[0]) as { title?: unknown };
      if (typeof title === 'string') return clean(title);
    } catch {
      // Braces that are no JSON: the next ones may be.
    }
  }
  return undefined;
}

/** The first words of the message, as the fallback: whole ones, unless the first is too long itself. */
export function firstWords(message: string): string {
  const line = message.replace(/\s+/g, ' ').trim();
  if (line.length <= FALLBACK_CHARS) return line || DEFAULT_TITLE;
  const end = line.lastIndexOf(' ', FALLBACK_CHARS);
  return end > 0 ? line.slice(0, end) : cutText(line, FALLBACK_CHARS);
}

function clean(title: string): string | undefined {
  const line = title.replace(/\s+/g, ' ').trim();
  return line === '' ? undefined : cutText(line, LONGEST);
}
