import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Chat, ChatListItem, chats } from '@perennial/contracts-chat';
import { type CallParsedRequest, type Principal, type UserPrincipal } from '@perennial/contracts-kernel';
import { UnitOfWork, type Waiter } from '@perennial/persistence';
import { CancelService } from '../runs/cancel/cancel.service';
import { DEFAULT_TITLE } from '../runs/side-effects/title-text';
import { UserEvents } from '../runs/user-events';
import { UsageService } from '../usage/usage.service';
import { assertAnswerable, assertBesideAnswerable } from './answerable';
import { messageIdsOf, toChatChange, toMessageChanges } from './blob-in';
import { ChatReader } from './chat-reader';
import { ChatsRepository } from './chats.repository';
import { found } from './not-found';
import { SearchService } from './search/search.service';
import { TagsRepository } from './tags/tags.repository';

/** Chats as their owner keeps them. */
@Injectable()
export class ChatsService {
  constructor(
    private readonly repository: ChatsRepository,
    private readonly reader: ChatReader,
    private readonly cancels: CancelService,
    private readonly events: UserEvents,
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: SearchService,
    private readonly usage: UsageService,
    private readonly tags: TagsRepository,
  ) {}

  list(principal: UserPrincipal, request: CallParsedRequest<typeof chats.list>): Promise<ChatListItem[]> {
    return this.repository.list(principal, request);
  }

  search(principal: UserPrincipal, text: string, page: number, waiter: Waiter): Promise<ChatListItem[]> {
    return this.texts.search(principal.userId, waiter, text, page);
  }

  async create(principal: UserPrincipal, request: CallParsedRequest<typeof chats.create>, key: string): Promise<Chat> {
    const { chat: blob, folderId } = request;
    const once = { scope: `chat.chats.create:${principal.userId}`, key, request };
    const { chatId } = await this.unitOfWork.once(once, async (tx) => {
      const id = randomUUID();
      const rows = toMessageChanges(blob, [], Math.floor(Date.now() / 1000));
      const change = toChatChange(blob);
      assertAnswerable(rows);
      assertBesideAnswerable(Buffer.byteLength(JSON.stringify([change.extra, change.params])));
      if (!rows.some((row) => row.id === change.currentMessageId)) change.currentMessageId = rows.at(-1)?.id;
      const titled = { ...change, title: change.title ?? DEFAULT_TITLE };
      const row = await this.usage.within(tx, principal.userId, async () => {
        const inserted = await this.repository.insert(tx, principal, id, titled, folderId ?? null);
        await this.repository.putMessages(tx, id, rows);
        return inserted;
      });
      tx.afterCommit(() => this.events.listed(principal.userId, row));
      return { chatId: id };
    });
    return this.reader.get(principal, { chatId });
  }

  async update(principal: UserPrincipal, request: CallParsedRequest<typeof chats.update>, key: string): Promise<Chat> {
    const { chatId, chat: blob } = request;
    const once = { scope: `chat.chats.update:${principal.userId}`, key, request };
    await this.unitOfWork.once(
      once,
      async (tx) => {
        const messages = found(await this.repository.lock(tx, principal, chatId, messageIdsOf(blob)));
        const rows = toMessageChanges(blob, messages, Math.floor(Date.now() / 1000));
        const change = toChatChange(blob);
        assertAnswerable(rows);
        if (![...messages, ...rows].some((row) => row.id === change.currentMessageId))
          change.currentMessageId = undefined;
        const row = await this.usage.within(tx, principal.userId, async () => {
          await this.repository.putMessages(tx, chatId, rows);
          const isNews = rows.length > 0;
          const moves = isNews || Object.keys(blob).some((field) => field !== 'history');
          const { bytes, ...updated } = await this.repository.update(tx, principal, chatId, change, { moves, isNews });
          assertBesideAnswerable(bytes);
          return updated;
        });
        tx.afterCommit(() => this.events.listed(principal.userId, row));
        if (rows.length > 0) tx.afterCommit(() => this.events.reloaded(principal.userId, chatId));
      },
      { retry: true },
    );
    return this.reader.get(principal, { chatId });
  }

  async delete(principal: UserPrincipal, chatId: string, key: string): Promise<void> {
    await this.unitOfWork.once(
      { scope: `chat.chats.delete:${principal.userId}`, key, request: { chatId } },
      async (tx) => {
        await this.tags.lock(tx, principal.userId);
        await this.cancels.cancelWithin(tx, { chatId }, principal);
        const tagIds = found(await this.repository.delete(tx, principal, chatId));
        if (tagIds.length > 0) await this.tags.forget(tx, principal.userId, tagIds);
        tx.afterCommit(() => this.events.removed(principal.userId, chatId));
      },
      { retry: true },
    );
  }

  /** @param principal an admin or a service; checked by the caller */
  async deleteAllOf(principal: Principal, userId: string, key: string): Promise<number> {
    const actor = principal.kind === 'user' ? principal.userId : 'service';
    const { deleted } = await this.unitOfWork.once(
      { scope: `chat.chats.deleteOfUser:${actor}`, key, request: { userId } },
      async (tx) => {
        await this.cancels.cancelWithin(tx, { userId }, principal);
        const deleted = await this.repository.deleteAllOf(tx, userId);
        await this.tags.forgetAll(tx, userId);
        return { deleted };
      },
      { retry: true },
    );
    return deleted;
  }
}
