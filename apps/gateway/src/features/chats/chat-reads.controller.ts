import { Controller, Req, Res } from '@nestjs/common';
import { chats } from '@perennial/contracts-chat';
import { type RouteInput, routes } from '@perennial/contracts-gateway';
import type { Chat } from '@perennial/contracts-wire';
import { Rpc } from '@perennial/transport';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { entityTag, tagsOf } from '../../http/entity-tag';
import { hideForbidden, idOf } from '../../http/hidden';
import { CurrentUser, Route, ValidatedInput } from '../../http/route';
import type { Caller } from '../../sessions/caller';

/** A chat as it is read. Its revision is its entity tag, so that a reader who has it already is sent nothing. */
@Controller()
export class ChatReadsController {
  constructor(private readonly rpc: Rpc) {}

  @Route(routes.chats.get)
  async get(
    @CurrentUser() { principal }: Caller,
    @ValidatedInput() { params, query }: RouteInput<typeof routes.chats.get>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Chat | undefined> {
    const chatId = idOf('chat', params.id);
    const [unless] = tagsOf(request);
    const asked = { chatId, ...query, revised: true, ...(unless === undefined ? {} : { unless }) };
    const { unchanged, ...chat } = await hideForbidden('chat', this.rpc.call(chats.get, asked, { principal }));
    const revision = unchanged ? unless : chat.revision;
    if (revision !== undefined) {
      // Browsers keep no chat: a computer may have several users. A client that keeps one sends the tag itself.
      void reply.header('etag', entityTag(revision)).header('cache-control', 'no-store');
    }
    if (!unchanged) return chat;
    void reply.code(304);
    return undefined;
  }
}
