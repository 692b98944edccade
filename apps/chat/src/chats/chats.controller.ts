import { Controller } from '@nestjs/common';
import { chats } from '@perennial/contracts-chat';
import { type CallParsedRequest, type CallReply, requireAdmin, requireUser } from '@perennial/contracts-kernel';
import { type CallContext, Handles } from '@perennial/transport';
import { ChatImporter } from './chat-importer';
import { ChatReader } from './chat-reader';
import { ChatsService } from './chats.service';

/** The caller's own chats. */
@Controller()
export class ChatsController {
  constructor(
    private readonly chats: ChatsService,
    private readonly reader: ChatReader,
    private readonly importer: ChatImporter,
  ) {}

  @Handles(chats.list)
  async list(
    request: CallParsedRequest<typeof chats.list>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof chats.list>> {
    return { items: await this.chats.list(requireUser(principal), request) };
  }

  @Handles(chats.search)
  async search(
    { text, page }: CallParsedRequest<typeof chats.search>,
    context: CallContext,
  ): Promise<CallReply<typeof chats.search>> {
    return { items: await this.chats.search(requireUser(context.principal), text, page, context) };
  }

  @Handles(chats.create)
  async create(
    request: CallParsedRequest<typeof chats.create>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof chats.create>> {
    return this.chats.create(requireUser(principal), request, key);
  }

  @Handles(chats.importChat)
  async importChat(
    request: CallParsedRequest<typeof chats.importChat>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof chats.importChat>> {
    return this.importer.import(requireUser(principal), request);
  }

  @Handles(chats.get)
  async get(
    request: CallParsedRequest<typeof chats.get>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof chats.get>> {
    return this.reader.get(requireUser(principal), request);
  }

  @Handles(chats.outline)
  async outline(
    { chatId }: CallParsedRequest<typeof chats.outline>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof chats.outline>> {
    return this.reader.outline(requireUser(principal), chatId);
  }

  @Handles(chats.update)
  async update(
    request: CallParsedRequest<typeof chats.update>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof chats.update>> {
    return this.chats.update(requireUser(principal), request, key);
  }

  @Handles(chats.remove)
  async delete(
    { chatId }: CallParsedRequest<typeof chats.remove>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof chats.remove>> {
    await this.chats.delete(requireUser(principal), chatId, key);
    return { deleted: true };
  }

  /** For admins and services. */
  @Handles(chats.removeOfUser)
  async deleteOfUser(
    { userId }: CallParsedRequest<typeof chats.removeOfUser>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof chats.removeOfUser>> {
    if (principal.kind !== 'service') requireAdmin(principal);
    return { deleted: await this.chats.deleteAllOf(principal, userId, key) };
  }
}
