import { Inject, Injectable } from '@nestjs/common';
import type { ChatListItem, runs as runCalls } from '@perennial/contracts-chat';
import type { CallReply } from '@perennial/contracts-kernel';
import type { Source } from '@perennial/contracts-retrieval';
import type { RunPublisher, UserEvent } from '@perennial/transport';
import type { QueuePlace } from './ownership/queue-places.repository';
import { RUN_PUBLISHER } from './run-publisher';
import type { DocumentStatus } from './types/run';
import type { ClaimedRun } from './types/run';

type Answered = Pick<ClaimedRun, 'user_id' | 'chat_id' | 'message_id'>;

/** Small events for a user's open pages. They may be lost: a page that reconnects reads the lists again. */
@Injectable()
export class UserEvents {
  constructor(@Inject(RUN_PUBLISHER) private readonly publisher: RunPublisher) {}

  /**
   * A turn was accepted: the chat moves to the top of the list and is active.
   *
   * @param row of the chat, if it is known
   */
  accepted(userId: string, { chatId, runs }: CallReply<typeof runCalls.accept>, row: ChatListItem | undefined): void {
    const messageId = runs[0]?.messageId ?? '';
    const now = Math.floor(Date.now() / 1_000);
    this.list(userId, chatId, { last_read_at: now, ...(row && { chat: row }) }, messageId);
    this.send(userId, chatId, messageId, 'chat:active', { active: true, folder_id: null });
  }

  /**
   * An answer has ended. `active`: another answer of the chat is still being written.
   *
   * @param row of the chat, if it is known
   */
  ended(userId: string, chatId: string, messageId: string, active: boolean, row?: ChatListItem): void {
    this.list(userId, chatId, { ...(row && { chat: row }) }, messageId);
    this.send(userId, chatId, messageId, 'chat:active', { active, folder_id: null });
  }

  titled(userId: string, chatId: string, messageId: string, title: string): void {
    this.send(userId, chatId, messageId, 'chat:title', title);
  }

  /** What one might ask after an answer. */
  followUps(userId: string, chatId: string, messageId: string, followUps: readonly string[]): void {
    this.send(userId, chatId, messageId, 'chat:message:follow_ups', { follow_ups: followUps });
  }

  /** A turn waits for a worker; `before` answers are begun before its own. */
  waiting({ userId, chatId, messageId, before }: QueuePlace): void {
    const description = before === 0 ? 'Your answer is next.' : `Answers before yours: ${before}.`;
    this.send(userId, chatId, messageId, 'status', { action: 'queued', description, position: before, done: false });
  }

  /** A turn that waited has a worker now; other clients know `hidden` as well. */
  claimed(run: Answered): void {
    this.ofAnswer(run, 'status', { action: 'queued', done: true, hidden: true });
  }

  /** A step before an answer begins. */
  status(run: Answered, status: DocumentStatus): void {
    this.ofAnswer(run, 'status', status);
  }

  /** The sources of the answer; replaces earlier ones. */
  sources(run: Answered, sources: readonly Source[]): void {
    this.ofAnswer(run, 'chat:completion', { sources });
  }

  /** One of the user's pages created, renamed or marked a chat: the others have its row now. */
  listed(userId: string, row: ChatListItem): void {
    this.list(userId, row.id, { chat: row });
  }

  /** One of the user's pages deleted a chat. */
  removed(userId: string, chatId: string): void {
    this.list(userId, chatId, { chat: null });
  }

  /** One of the user's pages changed many chats at once: the others read their lists again. */
  manyListed(userId: string): void {
    this.list(userId, '', {});
  }

  /** The owner has read a chat on one page, or marked it as unread. */
  read(userId: string, row: ChatListItem): void {
    this.list(userId, row.id, { last_read_at: row.last_read_at, chat: row });
  }

  /** Messages of a chat were edited or deleted on one page: the others read it again. */
  reloaded(userId: string, chatId: string): void {
    this.send(userId, chatId, '', 'chat:reload', {});
  }

  private list(userId: string, chatId: string, data: object, messageId = ''): void {
    this.send(userId, chatId, messageId, 'chat:list', { chat_id: chatId, folder_id: null, ...data });
  }

  /** A plain completion has no page. */
  private ofAnswer(
    { user_id: userId, chat_id: chatId, message_id: messageId }: Answered,
    type: string,
    data: unknown,
  ): void {
    if (chatId !== null && messageId !== null) this.send(userId, chatId, messageId, type, data);
  }

  private send(userId: string, chatId: string, messageId: string, type: string, data: unknown): void {
    const event: UserEvent = { chat_id: chatId, message_id: messageId, data: { type, data } };
    this.publisher.notifyUser(userId, event).catch(() => undefined);
  }
}
