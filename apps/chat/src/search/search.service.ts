import { Injectable } from '@nestjs/common';
import type { ChatListItem } from '@perennial/contracts-chat';
import type { Waiter } from '@perennial/persistence';
import { queryOf } from './query';
import { SearchRepository } from './search.repository';
import { snippetOf } from './snippet';

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
