import { Controller, Req } from '@nestjs/common';
import { chats } from '@perennial/contracts-chat';
import { type RouteInput, routes } from '@perennial/contracts-gateway';
import type { Chat } from '@perennial/contracts-wire';
import { Rpc } from '@perennial/transport';
import type { FastifyRequest } from 'fastify';
import { hideForbidden, idOf } from '../../http/hidden';
import { readIdempotencyKey } from '../../http/idempotency-key';
import { CurrentUser, Route, ValidatedInput } from '../../http/route';
import type { Caller } from '../../sessions/caller';
import { PictureIntake } from '../pictures/picture-intake';

@Controller()
export class ChatsController {
  constructor(
    private readonly rpc: Rpc,
    private readonly pictures: PictureIntake,
  ) {}

  @Route(routes.chats.create)
  async create(
    @Req() request: FastifyRequest,
    @CurrentUser() { principal }: Caller,
    @ValidatedInput() { body }: RouteInput<typeof routes.chats.create>,
  ): Promise<Chat> {
    const key = readIdempotencyKey(request);
    const chat = await this.pictures.takeFromChat(body.chat, principal);
    return this.rpc.call(chats.create, { chat, folderId: body.folder_id }, { principal, key });
  }

  @Route(routes.chats.update)
  async update(
    @CurrentUser() { principal }: Caller,
    @ValidatedInput() { params, body }: RouteInput<typeof routes.chats.update>,
  ): Promise<Chat> {
    const chatId = idOf('chat', params.id);
    const chat = await this.pictures.takeFromChat(body.chat, principal);
    return hideForbidden('chat', this.rpc.call(chats.update, { chatId, chat }, { principal }));
  }
}
