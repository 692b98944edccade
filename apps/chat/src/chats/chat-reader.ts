import { Injectable } from '@nestjs/common';
import type { chats } from '@perennial/contracts-chat';
import { CallError, type CallReply, type CallRequest, type UserPrincipal } from '@perennial/contracts-kernel';
import { RunReader } from '../runs/read/run-reader';
import { toWireChat } from './blob-out';
import { ChatReadsRepository } from './chat-reads.repository';
import { found } from './not-found';
import { parseRevision } from './revision';
import type { StoredChat } from './rows';

/** Retries of a read when an answer ended between Postgres and Redis. */
const READS = 3;

/** Chats as their owner reads them: whole, in parts, or what is newer. */
@Injectable()
export class ChatReader {
  constructor(
    private readonly repository: ChatReadsRepository,
    private readonly runs: RunReader,
  ) {}

  /**
   * One statement; for running answers also a read of their live text, for which Postgres' checkpoints are the fallback. A second one when a
   * revision is too old.
   */
  async get(principal: UserPrincipal, request: CallRequest<typeof chats.get>): Promise<CallReply<typeof chats.get>> {
    const { chatId, since, from, unless, revised } = request;
    const known = parseRevision(unless);
    if (known !== undefined) {
      const { chat, unchanged } = found(await this.repository.unchanged(principal, chatId, known));
      if (unchanged) return { ...toWireChat(chat, []), unchanged: true };
    }
    const had = parseRevision(since);
    if (since !== undefined && had !== undefined) {
      const changed = await this.overlaid(async () =>
        found(await this.repository.changed(principal, chatId, had, from)),
      );
      if (changed.is_whole) return marked(changed, since);
    }
    const stored = await this.overlaid(async () => found(await this.repository.part(principal, chatId, request)));
    // It was deleted: an empty part would look like the beginning of the chat.
    if (stored.is_lost)
      throw new CallError(
        'INVALID_ARGUMENT',
        `The chat has no message ${request.before} any more. Load the chat again.`,
      );
    const chat = toWireChat(stored.chat, stored.messages, stored.has_older);
    return revised === true || since !== undefined ? { ...chat, revision: stored.revision } : chat;
  }

  async outline(principal: UserPrincipal, chatId: string): Promise<CallReply<typeof chats.outline>> {
    return found(await this.repository.outline(principal, chatId));
  }

  /** What is read, with the text so far in running answers. */
  private async overlaid<T extends StoredChat>(read: () => Promise<T>): Promise<T> {
    let stored = await read();
    for (let reads = 1; (await this.overlay(stored)) && reads < READS; reads += 1) stored = await read();
    return stored;
  }

  /** @returns whether a running answer has ended meanwhile */
  private async overlay({ messages, running }: StoredChat): Promise<boolean> {
    let ended = false;
    await Promise.all(
      running.map(async ({ runId, messageId, checkpoints }) => {
        const message = messages.find(({ id }) => id === messageId);
        if (!message) return;
        const live = await this.runs.liveText(runId, checkpoints ?? []);
        message.content = live.text;
        ended ||= live.ended === true;
      }),
    );
    return ended;
  }
}

function marked({ chat, messages, revision }: StoredChat, since: string): CallReply<typeof chats.get> {
  const wire = toWireChat(chat, messages);
  return { ...wire, revision, chat: { ...wire.chat, history: { ...wire.chat.history!, since } } };
}
