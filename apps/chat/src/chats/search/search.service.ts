import { Injectable } from '@nestjs/common';
import type { ChatListItem } from '@perennial/contracts-chat';
import type { Waiter } from '@perennial/persistence';
import { queryOf } from './query';
import { SearchRepository } from './search.repository';

const BEFORE = 40;
const LENGTH = 160;

/** Finds a user's chats by their titles and messages. */
@Injectable()
export class SearchService {
  constructor(private readonly repository: SearchRepository) {}

  /**
   * Chats with a message, or a title, that has every word of the text: whole, or from three characters on as a part of a word.
   *
   * @returns 60 a page, newest first; none for a text without a word
   */
  async search(userId: string, waiter: Waiter, text: string, page: number): Promise<ChatListItem[]> {
    const query = queryOf(text, userId);
    if (query === undefined) return [];
    const found = await this.repository.find(userId, waiter, query, page);
    return found.map(({ excerpt, ...item }) =>
      excerpt === null ? item : { ...item, snippet: snippetOf(excerpt, query.typed) },
    );
  }
}

/** The part of an excerpt around the first match of one of the words; its beginning without a match. */
function snippetOf(excerpt: string, words: readonly string[]): string {
  const places = words.map((word) => excerpt.search(new RegExp(word, 'iu'))).filter((at) => at >= 0);
  const from = places.length === 0 ? 0 : Math.max(0, Math.min(...places) - BEFORE);
  // No lone surrogate at either end.
  return excerpt.slice(from, from + LENGTH).replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, '');
}
