import { Controller } from '@nestjs/common';
import { copies } from '@perennial/contracts-chat';
import { type CallParsedRequest, type CallReply, requireUser } from '@perennial/contracts-kernel';
import { type CallContext, Handles } from '@perennial/transport';
import { CopiesService } from './copies.service';

/** Copies of the caller's own chats. */
@Controller()
export class CopiesController {
  constructor(private readonly copies: CopiesService) {}

  @Handles(copies.fork)
  fork(
    { chatId, messageId }: CallParsedRequest<typeof copies.fork>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof copies.fork>> {
    return this.copies.fork(requireUser(principal), chatId, messageId, key);
  }

  @Handles(copies.clone)
  clone(
    { chatId, title }: CallParsedRequest<typeof copies.clone>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof copies.clone>> {
    return this.copies.clone(requireUser(principal), chatId, title, key);
  }
}
