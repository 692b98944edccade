import { Injectable } from '@nestjs/common';
import type { ChatListItem } from '@perennial/contracts-chat';
import type { Waiter } from '@perennial/persistence';
import { matchesOf } from './matches';
import { parseSearch } from './operators';
import { queryOf } from './query';
import { type FoundChat, SearchRepository } from './search.repository';

const BEFORE = 40;
const LENGTH = 160;

/** Finds a user's chats by their titles and messages, and by what they are. */
@Injectable()
export class SearchService {
  constructor(private readonly repository: SearchRepository) {}

  /**
   * Chats with a message, or a title, that has every word of the text: whole, or from three characters on as a part of a word. Operators say which
   * chats; without any other text all of these are found.
   *
   * @returns 60 a page, newest first; none for a text that has no word
   */
  async search(userId: string, waiter: Waiter, typed: string, page: number): Promise<ChatListItem[]> {
    const { text, filter } = parseSearch(typed);
    if (filter === undefined) return [];
    if (text.trim() === '') return this.repository.list(userId, filter, page);
    const query = queryOf(text, userId);
    if (query === undefined) return [];
    const found = await this.repository.find(userId, waiter, query, filter, page);
    return found.map((chat) => hitOf(chat, query.words));
  }
}

function hitOf({ excerpt, message_id: messageId, ...item }: FoundChat, words: readonly string[]): ChatListItem {
  const found = messageId === null ? item : { ...item, message_id: messageId };
  return excerpt === null ? found : { ...found, ...snippetOf(excerpt, words) };
}

/** The part of an excerpt around the first match of one of the words, with its matches; its beginning without a match. */
function snippetOf(excerpt: string, words: readonly string[]): Pick<ChatListItem, 'snippet' | 'snippet_ranges'> {
  const matches = matchesOf(excerpt, words);
  let from = Math.max(0, (matches[0]?.from ?? 0) - BEFORE);
  let to = Math.min(excerpt.length, from + LENGTH);
  // No lone surrogate at either end.
  if (/^[\udc00-\udfff]/.test(excerpt[from] ?? '')) from += 1;
  if (/[\ud800-\udbff]$/.test(excerpt[to - 1] ?? '')) to -= 1;
  const ranges = matches
    .filter((match) => match.from < to)
    .map((match) => ({ from: match.from - from, to: Math.min(match.to, to) - from }));
  return { snippet: excerpt.slice(from, to), snippet_ranges: ranges };
}
