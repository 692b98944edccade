import { Controller } from '@nestjs/common';
import { chats, marks } from '@perennial/contracts-chat';
import { type CallParsedRequest, type CallReply, requireUser } from '@perennial/contracts-kernel';
import { type CallContext, Handles } from '@perennial/transport';
import { MarksService } from './marks.service';

/** Marks of the caller's own chats. */
@Controller()
export class MarksController {
  constructor(private readonly marks: MarksService) {}

  @Handles(marks.pin)
  pin({ chatId, pinned }: CallParsedRequest<typeof marks.pin>, { principal, key }: CallContext) {
    return this.marks.set(requireUser(principal), chatId, 'pinned', pinned, key);
  }

  @Handles(marks.archive)
  archive({ chatId, archived }: CallParsedRequest<typeof marks.archive>, { principal, key }: CallContext) {
    return this.marks.set(requireUser(principal), chatId, 'archived', archived, key);
  }

  @Handles(marks.archiveAll)
  async archiveAll(
    { archived }: CallParsedRequest<typeof marks.archiveAll>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof marks.archiveAll>> {
    return { changed: await this.marks.archiveAll(requireUser(principal), archived) };
  }

  @Handles(marks.get)
  get(
    { chatId }: CallParsedRequest<typeof marks.get>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof marks.get>> {
    return this.marks.get(requireUser(principal), chatId);
  }

  @Handles(marks.countArchived)
  async countArchived(_: unknown, { principal }: CallContext): Promise<CallReply<typeof marks.countArchived>> {
    return { count: await this.marks.countArchived(requireUser(principal)) };
  }

  @Handles(marks.unread)
  unread(
    { chatId }: CallParsedRequest<typeof marks.unread>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof marks.unread>> {
    return this.marks.unread(requireUser(principal), chatId);
  }

  @Handles(marks.readAll)
  async readAll(_: unknown, { principal }: CallContext): Promise<CallReply<typeof marks.readAll>> {
    return { changed: await this.marks.readAll(requireUser(principal)) };
  }

  @Handles(chats.markRead)
  async markRead(
    { chatId }: CallParsedRequest<typeof chats.markRead>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof chats.markRead>> {
    return { lastReadAt: await this.marks.read(requireUser(principal), chatId) };
  }
}
