import { Injectable } from '@nestjs/common';
import type { Chat, marks } from '@perennial/contracts-chat';
import type { CallReply, UserPrincipal } from '@perennial/contracts-kernel';
import { UnitOfWork } from '@perennial/persistence';
import { UserEvents } from '../../runs/user-events';
import { ChatReader } from '../chat-reader';
import { found } from '../not-found';
import { type Mark, type Marks, MarksRepository } from './marks.repository';

/** Pins, the archive, and what is read. A mark is no change of the chat: it does not move. */
@Injectable()
export class MarksService {
  constructor(
    private readonly repository: MarksRepository,
    private readonly reader: ChatReader,
    private readonly events: UserEvents,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** A second delivery of the same call turns nothing over again. */
  async set(principal: UserPrincipal, chatId: string, mark: Mark, on: boolean | undefined, key: string): Promise<Chat> {
    const once = { scope: `chat.marks.${mark}:${principal.userId}`, key, request: { chatId, on } };
    await this.unitOfWork.once(once, async (tx) => {
      const row = found(await this.repository.set(tx, principal, chatId, mark, on));
      tx.afterCommit(() => this.events.listed(principal.userId, row));
    });
    return this.reader.get(principal, { chatId });
  }

  get(principal: UserPrincipal, chatId: string): Promise<Marks> {
    return this.repository.get(principal, chatId).then(found);
  }

  countArchived(principal: UserPrincipal): Promise<number> {
    return this.repository.countArchived(principal);
  }

  /** Idempotent, as everything from here on, so no key is stored. */
  async archiveAll(principal: UserPrincipal, archived: boolean): Promise<number> {
    const changed = await this.repository.archiveAll(principal, archived);
    if (changed > 0) this.events.manyListed(principal.userId);
    return changed;
  }

  async readAll(principal: UserPrincipal): Promise<number> {
    const changed = await this.repository.readAll(principal);
    if (changed > 0) this.events.manyListed(principal.userId);
    return changed;
  }

  async read(principal: UserPrincipal, chatId: string): Promise<number> {
    const row = found(await this.repository.read(principal, chatId));
    this.events.read(principal.userId, row);
    return row.last_read_at ?? 0;
  }

  async unread(principal: UserPrincipal, chatId: string): Promise<CallReply<typeof marks.unread>> {
    const { folder_id: folderId, ...row } = found(await this.repository.unread(principal, chatId));
    this.events.read(principal.userId, row);
    return { chatId, lastReadAt: row.last_read_at ?? 0, folderId };
  }
}
