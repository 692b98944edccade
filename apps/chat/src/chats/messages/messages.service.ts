import { Injectable } from '@nestjs/common';
import type { Chat, ChatListItem, messages } from '@perennial/contracts-chat';
import { CallError, type CallParsedRequest, type UserPrincipal } from '@perennial/contracts-kernel';
import { type Tx, UnitOfWork } from '@perennial/persistence';
import { storableText } from '../../runs/types/json';
import { UserEvents } from '../../runs/user-events';
import { UsageService } from '../../usage/usage.service';
import { assertAnswerable } from '../answerable';
import { ChatReader } from '../chat-reader';
import { ChatsRepository } from '../chats.repository';
import { found } from '../not-found';
import { lockQuiet } from '../quiet';
import type { MessageRow } from '../rows';
import { removalOf } from './message-tree';
import { MessagesRepository } from './messages.repository';

/** Single messages, as their owner changes them. Both changes are idempotent, so no key is stored. */
@Injectable()
export class MessagesService {
  constructor(
    private readonly repository: MessagesRepository,
    private readonly rows: ChatsRepository,
    private readonly reader: ChatReader,
    private readonly usage: UsageService,
    private readonly events: UserEvents,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async edit(
    principal: UserPrincipal,
    { chatId, messageId, content }: CallParsedRequest<typeof messages.edit>,
  ): Promise<Chat> {
    await this.unitOfWork.run(
      async (tx) => {
        const [message] = found(await this.rows.lock(tx, principal, chatId, [messageId]));
        if (message === undefined) throw noMessage(messageId);
        if (!message.done)
          throw new CallError(
            'FAILED_PRECONDITION',
            'This answer is being written. Wait for its end, or stop it first.',
          );
        const changed = withText(message, storableText(content));
        assertAnswerable([changed]);
        const row = await this.usage.within(tx, principal.userId, async () => {
          await this.rows.putMessages(tx, chatId, [changed]);
          const { bytes: _, ...updated } = await this.rows.update(
            tx,
            principal,
            chatId,
            { extra: {} },
            { moves: true, isNews: false },
          );
          return updated;
        });
        this.tellAfter(tx, principal, row);
      },
      { retry: true },
    );
    return this.reader.get(principal, { chatId });
  }

  async remove(
    principal: UserPrincipal,
    { chatId, messageId, branch }: CallParsedRequest<typeof messages.remove>,
  ): Promise<Chat> {
    await this.unitOfWork.run(
      async (tx) => {
        const { current_message_id: currentId } = await lockQuiet(tx, principal.userId, chatId);
        const removal = removalOf(await this.repository.tree(tx, chatId), messageId, currentId, branch);
        if (removal === undefined) return;
        const row = await this.repository.touch(tx, chatId, removal.currentId);
        await this.repository.delete(tx, principal.userId, chatId, messageId, removal);
        this.tellAfter(tx, principal, row);
      },
      { retry: true },
    );
    return this.reader.get(principal, { chatId });
  }

  private tellAfter(tx: Tx, { userId }: UserPrincipal, row: ChatListItem): void {
    tx.afterCommit(() => {
      this.events.listed(userId, row);
      this.events.reloaded(userId, row.id);
    });
  }
}

/** The message with another text; parts that are no text, such as pictures, stay. */
function withText(message: MessageRow, content: string): MessageRow {
  const others = (message.content_parts ?? []).filter((part) => (part as { type?: unknown } | null)?.type !== 'text');
  const parts = others.length === 0 ? null : [...(content === '' ? [] : [{ type: 'text', text: content }]), ...others];
  return { ...message, content, content_parts: parts };
}

const noMessage = (id: string): CallError =>
  new CallError('INVALID_ARGUMENT', `The chat has no message ${id}. Load the chat again.`);
