import { Injectable } from '@nestjs/common';
import type { ChatListItem } from '@perennial/contracts-chat';
import { CallError, type UserPrincipal } from '@perennial/contracts-kernel';
import type { Tag } from '@perennial/contracts-wire';
import { type Tx, UnitOfWork } from '@perennial/persistence';
import { storableText } from '../../runs/types/json';
import { UserEvents } from '../../runs/user-events';
import { found } from '../not-found';
import { NO_TAG, TAGS_PER_CHAT, toTagId } from './tag-id';
import { TagsRepository } from './tags.repository';

/** As many different ones as a user may have. */
const TAGS_PER_USER = 1_000;

/** Tags of chats. What adds and removes is idempotent by the name of the tag, so no key is stored. */
@Injectable()
export class TagsService {
  constructor(
    private readonly repository: TagsRepository,
    private readonly events: UserEvents,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async ofChat(principal: UserPrincipal, chatId: string): Promise<Tag[]> {
    return found(await this.repository.ofChat(principal, chatId));
  }

  all(principal: UserPrincipal): Promise<Tag[]> {
    return this.repository.all(principal);
  }

  chats(principal: UserPrincipal, name: string, skip: number, limit: number): Promise<ChatListItem[]> {
    return this.repository.chats(principal, toTagId(name), skip, limit);
  }

  async add(principal: UserPrincipal, chatId: string, name: string): Promise<Tag[]> {
    const id = toTagId(name);
    if (id === '') throw new CallError('INVALID_ARGUMENT', 'A tag needs a name.');
    if (id === NO_TAG)
      throw new CallError('INVALID_ARGUMENT', `No tag can be called "${name}": it finds chats without tags.`);
    await this.change(principal, chatId, async (tx, ids) => {
      if (ids.includes(id)) return undefined;
      if (ids.length >= TAGS_PER_CHAT)
        throw tooMany(`This chat has ${ids.length} tags, and ${TAGS_PER_CHAT} are allowed.`);
      await this.assertRoom(tx, principal, id);
      await this.repository.name(tx, principal, new Map([[id, storableText(name).trim()]]));
      return this.repository.put(tx, chatId, [...ids, id]);
    });
    return this.ofChat(principal, chatId);
  }

  async remove(principal: UserPrincipal, chatId: string, name: string): Promise<Tag[]> {
    const id = toTagId(name);
    await this.change(principal, chatId, async (tx, ids) => {
      if (!ids.includes(id)) return undefined;
      const row = await this.repository.put(
        tx,
        chatId,
        ids.filter((each) => each !== id),
      );
      await this.repository.forget(tx, principal.userId, [id]);
      return row;
    });
    return this.ofChat(principal, chatId);
  }

  /** @param work returns the chat's new row, or undefined when nothing was to be changed */
  private async change(
    principal: UserPrincipal,
    chatId: string,
    work: (tx: Tx, ids: readonly string[]) => Promise<ChatListItem | undefined>,
  ): Promise<void> {
    await this.unitOfWork.run(
      async (tx) => {
        await this.repository.lock(tx, principal.userId);
        const row = await work(tx, found(await this.repository.idsOf(tx, principal, chatId)));
        if (row) tx.afterCommit(() => this.events.listed(principal.userId, row));
      },
      { retry: true },
    );
  }

  private async assertRoom(tx: Tx, principal: UserPrincipal, id: string): Promise<void> {
    const count = await this.repository.count(tx, principal);
    if (count < TAGS_PER_USER || (await this.repository.isNamed(tx, principal, id))) return;
    throw tooMany(`You have ${count} different tags, and ${TAGS_PER_USER} are allowed.`);
  }
}

const tooMany = (fact: string): CallError => new CallError('FAILED_PRECONDITION', `${fact} Take one away first.`);
