import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Chat } from '@perennial/contracts-chat';
import { CallError, type UserPrincipal } from '@perennial/contracts-kernel';
import { type Tx, UnitOfWork } from '@perennial/persistence';
import { storableText } from '../../runs/types/json';
import { UserEvents } from '../../runs/user-events';
import { UsageService } from '../../usage/usage.service';
import { ChatReader } from '../chat-reader';
import { lockQuiet, type QuietChat } from '../quiet';
import { CopiesRepository, type Copy } from './copies.repository';

const TITLE_CHARS = 1_000;

/** Copies of chats, each in one transaction. */
@Injectable()
export class CopiesService {
  constructor(
    private readonly repository: CopiesRepository,
    private readonly reader: ChatReader,
    private readonly usage: UsageService,
    private readonly events: UserEvents,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @param messageId the last message of the copy; the one that is shown last without it */
  fork(principal: UserPrincipal, chatId: string, messageId: string | undefined, key: string): Promise<Chat> {
    const once = { scope: `chat.copies.fork:${principal.userId}`, key, request: { chatId, messageId } };
    return this.copy(principal, chatId, once, async (tx, { title, current_message_id: shownId }) => {
      const currentId = messageId ?? shownId;
      if (currentId === null) throw new CallError('INVALID_ARGUMENT', 'The chat has no messages yet.');
      if (!(await this.repository.hasMessage(tx, chatId, currentId)))
        throw new CallError('INVALID_ARGUMENT', `The chat has no message ${currentId}. Load the chat again.`);
      return { title: `${title} (fork)`, currentId, isPath: true };
    });
  }

  clone(principal: UserPrincipal, chatId: string, title: string | undefined, key: string): Promise<Chat> {
    const once = { scope: `chat.copies.clone:${principal.userId}`, key, request: { chatId, title } };
    const given = storableText(title ?? '').trim();
    return this.copy(principal, chatId, once, async (_, chat) => ({
      title: given || `Clone of ${chat.title}`,
      currentId: chat.current_message_id,
      isPath: false,
    }));
  }

  private async copy(
    principal: UserPrincipal,
    of: string,
    once: { scope: string; key: string; request: unknown },
    plan: (tx: Tx, chat: QuietChat) => Promise<Omit<Copy, 'id' | 'of'>>,
  ): Promise<Chat> {
    const { chatId } = await this.unitOfWork.once(once, async (tx) => {
      const planned = await plan(tx, await lockQuiet(tx, principal.userId, of));
      const copy = { ...planned, title: planned.title.slice(0, TITLE_CHARS), id: randomUUID(), of };
      const row = await this.usage.within(tx, principal.userId, () => this.repository.insert(tx, copy));
      tx.afterCommit(() => this.events.listed(principal.userId, row));
      return { chatId: copy.id };
    });
    return this.reader.get(principal, { chatId });
  }
}
