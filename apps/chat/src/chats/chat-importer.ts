import { Injectable } from '@nestjs/common';
import type { chats } from '@perennial/contracts-chat';
import { CallError, type CallParsedRequest, type CallReply, type UserPrincipal } from '@perennial/contracts-kernel';
import { UnitOfWork } from '@perennial/persistence';
import { DEFAULT_TITLE } from '../runs/title/title-text';
import { UserEvents } from '../runs/user-events';
import { UsageService } from '../usage/usage.service';
import { assertAnswerable, assertBesideAnswerable } from './answerable';
import { messageIdsOf, toChatChange, toMessageChanges } from './blob-in';
import { ChatsRepository } from './chats.repository';

/** Takes over chats of another product. */
@Injectable()
export class ChatImporter {
  constructor(
    private readonly repository: ChatsRepository,
    private readonly usage: UsageService,
    private readonly events: UserEvents,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Idempotent by the ids of the chat and its messages, so no key is stored. */
  async import(
    principal: UserPrincipal,
    request: CallParsedRequest<typeof chats.importChat>,
  ): Promise<CallReply<typeof chats.importChat>> {
    const { chatId, chat: blob } = request;
    const change = toChatChange(blob);
    assertBesideAnswerable(Buffer.byteLength(JSON.stringify([change.extra, change.params])));
    return this.unitOfWork.run(
      async (tx) => {
        const created = await this.repository.insertImported(tx, principal, {
          ...request,
          ...change,
          title: change.title ?? DEFAULT_TITLE,
        });
        const known = await this.repository.lock(tx, principal, chatId, messageIdsOf(blob));
        if (known === undefined) throw new CallError('NOT_FOUND', 'This chat belongs to another account.');
        const ids = new Set(known.map(({ id }) => id));
        const rows = toMessageChanges(blob, known, request.createdAt).filter(({ id }) => !ids.has(id));
        assertAnswerable(rows);
        await this.usage.within(tx, principal.userId, () => this.repository.putMessages(tx, chatId, rows));
        if (created) tx.afterCommit(() => this.events.listed(principal.userId, created));
        return { created: created !== undefined, added: rows.length };
      },
      { retry: true },
    );
  }
}
