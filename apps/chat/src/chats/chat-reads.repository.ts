import { Injectable } from '@nestjs/common';
import type { chats } from '@perennial/contracts-chat';
import type { CallReply, UserPrincipal } from '@perennial/contracts-kernel';
import { Database } from '@perennial/persistence';
import { CHANGED, OUTLINE, UNCHANGED } from './changed-chat-sql';
import type { Revision } from './revision';
import type { ChangedChat, ChatPart, ChatRow } from './rows';
import { STORED } from './stored-chat-sql';

type Outline = CallReply<typeof chats.outline>;

/** A part of a chat. */
export interface Part {
  /** Id of a message: only older ones are read. */
  before?: string | undefined;
  /** So many messages. */
  tail?: number | undefined;
}

/** One user's chats as they are read; undefined when a chat is not the user's. Read from the primary: a reader asks for its own changes. */
@Injectable()
export class ChatReadsRepository {
  constructor(private readonly database: Database) {}

  async part({ userId }: UserPrincipal, chatId: string, { before, tail }: Part): Promise<ChatPart | undefined> {
    const parameters = [chatId, userId, before ?? null, tail ?? null];
    return this.database.first<ChatPart>(STORED, parameters, { name: 'chats.get' });
  }

  /** @param from id of the oldest message that the reader has */
  async changed(
    { userId }: UserPrincipal,
    chatId: string,
    since: Revision,
    from?: string,
  ): Promise<ChangedChat | undefined> {
    const parameters = [chatId, userId, since.transaction, since.era, from ?? null];
    return this.database.first<ChangedChat>(CHANGED, parameters, { name: 'chats.changed' });
  }

  async unchanged(
    { userId }: UserPrincipal,
    chatId: string,
    since: Revision,
  ): Promise<{ chat: ChatRow; unchanged: boolean } | undefined> {
    return this.database.first(UNCHANGED, [chatId, userId, since.transaction, since.era], { name: 'chats.unchanged' });
  }

  async outline({ userId }: UserPrincipal, chatId: string): Promise<Outline | undefined> {
    return this.database.first<Outline>(OUTLINE, [chatId, userId], { name: 'chats.outline' });
  }
}
