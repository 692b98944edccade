import { MAX_TAG_CHARS } from '@perennial/contracts-wire';
import { storableText } from '../../runs/types/json';

/** The id of no tag: searches find chats without tags by it. */
export const NO_TAG = 'none';

/** As many as a chat may have. */
export const TAGS_PER_CHAT = 100;

/** The id of a tag by its name, as the wire has it. */
export function toTagId(name: string): string {
  return storableText(name).trim().replaceAll(' ', '_').toLowerCase();
}

/** The tags of an imported chat, as a person could have given them: names by their ids. What is no such tag is left out. */
export function importedTags(names: readonly unknown[]): Map<string, string> {
  const tags = new Map<string, string>();
  for (const name of names) {
    if (typeof name !== 'string') continue;
    const id = toTagId(name);
    if (id === '' || id === NO_TAG || id.length > MAX_TAG_CHARS || tags.has(id)) continue;
    tags.set(id, storableText(name).trim());
    if (tags.size === TAGS_PER_CHAT) break;
  }
  return tags;
}
