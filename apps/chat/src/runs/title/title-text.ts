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
const FALLBACK_WORDS = 6;
const FALLBACK_CHARS = 50;

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

/** The first words of the message, as the fallback. */
export function firstWords(message: string): string {
  const words = message.trim().split(/\s+/).filter(Boolean);
  let title = words.slice(0, FALLBACK_WORDS).join(' ');
  if (title.length > FALLBACK_CHARS) title = `${cutText(title, FALLBACK_CHARS - 1).trimEnd()}…`;
  else if (words.length > FALLBACK_WORDS) title += '…';
  return title || 'New Chat';
}

function clean(title: string): string | undefined {
  const line = title.replace(/\s+/g, ' ').trim();
  return line === '' ? undefined : cutText(line, LONGEST);
}
