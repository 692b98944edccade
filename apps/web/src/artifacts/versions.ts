import type { Message } from '@perennial/contracts-wire';
import { fencesOf } from '@perennial/web-ui/markdown';
import { type Artifact, artifactLanguage } from './artifact';

/** The text of a message as one reads it. */
export type TextOf = (message: Message) => string;

/** Most messages have none: they are not lexed. */
const MAY_HAVE = /(?:```|~~~)[ \t]*(?:html|svg)\b/i;

/** Closed blocks of a message; what is stored does not change. */
const FOUND = new WeakMap<Message, readonly Artifact[]>();

function artifactsIn(message: Message, textOf: TextOf): readonly Artifact[] {
  const known = FOUND.get(message);
  if (known) return known;
  const text = message.role === 'assistant' ? textOf(message) : '';
  const fences = MAY_HAVE.test(text) ? fencesOf(text) : [];
  const found = fences.flatMap(({ language, text: source, isClosed }) => {
    const kind = artifactLanguage(language);
    return kind && isClosed && source.trim() !== '' ? [{ language: kind, source }] : [];
  });
  FOUND.set(message, found);
  return found;
}

/**
 * All versions of an artifact: the blocks of its language in the answers of a chat, in order. One that the chat does not have yet, because its answer is still
 * being written, is the last.
 *
 * @returns also its place among them
 */
export function versionsOf(
  thread: readonly Message[],
  shown: Artifact,
  textOf: TextOf,
): { versions: readonly Artifact[]; place: number } {
  const versions = thread
    .flatMap((message) => artifactsIn(message, textOf))
    .filter(({ language }) => language === shown.language);
  const place = versions.findLastIndex(({ source }) => source === shown.source);
  return place === -1 ? { versions: [...versions, shown], place: versions.length } : { versions, place };
}
