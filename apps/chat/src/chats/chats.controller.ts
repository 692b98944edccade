import { Controller } from '@nestjs/common';
import {
  CREATE_CHAT,
  DELETE_CHAT,
  DELETE_USER_CHATS,
  GET_CHAT,
  LIST_CHATS,
  MARK_CHAT_READ,
  SEARCH_CHATS,
  UPDATE_CHAT,
} from '@perennial/contracts-chat';
import { requireAdmin, requireUser, type CallParsedRequest, type CallReply } from '@perennial/contracts-kernel';
import { Handles, type CallContext } from '@perennial/transport';
import { ChatsService } from './chats.service';

/** The caller's own chats. */
@Controller()
export class ChatsController {
  constructor(private readonly chats: ChatsService) {}

  @Handles(LIST_CHATS)
  async list(
    request: CallParsedRequest<typeof LIST_CHATS>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof LIST_CHATS>> {
    return { items: await this.chats.list(requireUser(principal), request) };
  }

  @Handles(SEARCH_CHATS)
  async search(
    { text, page }: CallParsedRequest<typeof SEARCH_CHATS>,
    context: CallContext,
  ): Promise<CallReply<typeof SEARCH_CHATS>> {
    return { items: await this.chats.search(requireUser(context.principal), text, page, context) };
  }

  @Handles(CREATE_CHAT)
  async create(
    request: CallParsedRequest<typeof CREATE_CHAT>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof CREATE_CHAT>> {
    return this.chats.create(requireUser(principal), request, key);
  }

  @Handles(GET_CHAT)
  async get(
    { chatId, before }: CallParsedRequest<typeof GET_CHAT>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof GET_CHAT>> {
    return this.chats.get(requireUser(principal), chatId, before);
  }

  @Handles(UPDATE_CHAT)
  async update(
    request: CallParsedRequest<typeof UPDATE_CHAT>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof UPDATE_CHAT>> {
    return this.chats.update(requireUser(principal), request, key);
  }

  @Handles(DELETE_CHAT)
  async delete(
    { chatId }: CallParsedRequest<typeof DELETE_CHAT>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof DELETE_CHAT>> {
    await this.chats.delete(requireUser(principal), chatId, key);
    return { deleted: true };
  }

  @Handles(MARK_CHAT_READ)
  async markRead(
    { chatId }: CallParsedRequest<typeof MARK_CHAT_READ>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof MARK_CHAT_READ>> {
    return { lastReadAt: await this.chats.markRead(requireUser(principal), chatId) };
  }

  /** For admins and services. */
  @Handles(DELETE_USER_CHATS)
  async deleteOfUser(
    { userId }: CallParsedRequest<typeof DELETE_USER_CHATS>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof DELETE_USER_CHATS>> {
    if (principal.kind !== 'service') requireAdmin(principal);
    return { deleted: await this.chats.deleteAllOf(principal, userId, key) };
  }
}
