import { Controller } from '@nestjs/common';
import { tags } from '@perennial/contracts-chat';
import { type CallParsedRequest, type CallReply, requireUser } from '@perennial/contracts-kernel';
import { type CallContext, Handles } from '@perennial/transport';
import { TagsService } from './tags.service';

/** Tags of the caller's own chats. */
@Controller()
export class TagsController {
  constructor(private readonly tags: TagsService) {}

  @Handles(tags.ofChat)
  async ofChat(
    { chatId }: CallParsedRequest<typeof tags.ofChat>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof tags.ofChat>> {
    return { tags: await this.tags.ofChat(requireUser(principal), chatId) };
  }

  @Handles(tags.all)
  async all(_: unknown, { principal }: CallContext): Promise<CallReply<typeof tags.all>> {
    return { tags: await this.tags.all(requireUser(principal)) };
  }

  @Handles(tags.add)
  async add(
    { chatId, name }: CallParsedRequest<typeof tags.add>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof tags.add>> {
    return { tags: await this.tags.add(requireUser(principal), chatId, name) };
  }

  @Handles(tags.remove)
  async remove(
    { chatId, name }: CallParsedRequest<typeof tags.remove>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof tags.remove>> {
    return { tags: await this.tags.remove(requireUser(principal), chatId, name) };
  }

  @Handles(tags.chats)
  async chats(
    { name, skip, limit }: CallParsedRequest<typeof tags.chats>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof tags.chats>> {
    return { items: await this.tags.chats(requireUser(principal), name, skip, limit) };
  }
}
