import { Injectable } from '@nestjs/common';
import type { chats } from '@perennial/contracts-chat';
import { CallError, type CallParsedRequest, type CallReply, type UserPrincipal } from '@perennial/contracts-kernel';
import { UnitOfWork } from '@perennial/persistence';
import { DEFAULT_TITLE } from '../runs/side-effects/title-text';
import { UserEvents } from '../runs/user-events';
import { UsageService } from '../usage/usage.service';
import { assertAnswerable, assertBesideAnswerable } from './answerable';
import { messageIdsOf, toChatChange, toMessageChanges } from './blob-in';
import { ChatsRepository } from './chats.repository';
import { importedTags } from './tags/tag-id';
import { TagsRepository } from './tags/tags.repository';

/** Takes over chats of another product. */
@Injectable()
export class ChatImporter {
  constructor(
    private readonly repository: ChatsRepository,
    private readonly tags: TagsRepository,
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
        const tags = importedTags(request.tags ?? namedIn(request.meta));
        if (tags.size > 0) await this.tags.lock(tx, principal.userId);
        const created = await this.repository.insertImported(tx, principal, {
          ...request,
          meta: { ...request.meta, tags: [...tags.keys()] },
          ...change,
          title: change.title ?? DEFAULT_TITLE,
        });
        if (created && tags.size > 0) await this.tags.name(tx, principal, tags);
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

/** The tags in the `meta` of a chat: the ids of another product, which are names here. */
const namedIn = ({ tags }: Record<string, unknown>): unknown[] => (Array.isArray(tags) ? tags : []);
