import { Controller } from '@nestjs/common';
import { messages } from '@perennial/contracts-chat';
import { type CallParsedRequest, type CallReply, requireUser } from '@perennial/contracts-kernel';
import { type CallContext, Handles } from '@perennial/transport';
import { MessagesService } from './messages.service';

/** Single messages of the caller's own chats. */
@Controller()
export class MessagesController {
  constructor(private readonly messages: MessagesService) {}

  @Handles(messages.edit)
  edit(
    request: CallParsedRequest<typeof messages.edit>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof messages.edit>> {
    return this.messages.edit(requireUser(principal), request);
  }

  @Handles(messages.remove)
  remove(
    request: CallParsedRequest<typeof messages.remove>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof messages.remove>> {
    return this.messages.remove(requireUser(principal), request);
  }
}
