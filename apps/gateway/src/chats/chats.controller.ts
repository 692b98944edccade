import { Controller } from '@nestjs/common';
import { chats } from '@perennial/contracts-chat';
import { type RouteInput, routes } from '@perennial/contracts-gateway';
import type { Chat, ChatListItem } from '@perennial/contracts-wire';
import { Rpc } from '@perennial/transport';
import type { Caller } from '../edge/caller';
import { Endpoint, From, Input } from '../edge/endpoint';
import { PictureIntake } from '../pictures/picture-intake';
import { chatIdOf, ofYourChat } from './not-yours';

@Controller()
export class ChatsController {
  constructor(
    private readonly rpc: Rpc,
    private readonly pictures: PictureIntake,
  ) {}

  @Endpoint(routes.chats.list)
  async list(
    @From() { principal }: Caller,
    @Input() { query }: RouteInput<typeof routes.chats.list>,
  ): Promise<ChatListItem[]> {
    const request = { page: query.page, sortBy: query.sort_by, direction: query.sort_dir };
    return (await this.rpc.call(chats.list, request, { principal })).items;
  }

  @Endpoint(routes.chats.pinned)
  async pinned(
    @From() { principal }: Caller,
    @Input() { query }: RouteInput<typeof routes.chats.pinned>,
  ): Promise<ChatListItem[]> {
    return (await this.rpc.call(chats.list, { page: query.page, pinned: true }, { principal })).items;
  }

  @Endpoint(routes.chats.archived)
  async archived(
    @From() { principal }: Caller,
    @Input() { query }: RouteInput<typeof routes.chats.archived>,
  ): Promise<ChatListItem[]> {
    return (await this.rpc.call(chats.list, { page: query.page, archived: true }, { principal })).items;
  }

  @Endpoint(routes.chats.search)
  async search(
    @From() { principal }: Caller,
    @Input() { query }: RouteInput<typeof routes.chats.search>,
  ): Promise<ChatListItem[]> {
    return (await this.rpc.call(chats.search, query, { principal })).items;
  }

  @Endpoint(routes.chats.create)
  async create(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof routes.chats.create>,
  ): Promise<Chat> {
    const chat = await this.pictures.takeFromChat(body.chat, principal);
    return this.rpc.call(chats.create, { chat, folderId: body.folder_id }, { principal });
  }

  @Endpoint(routes.chats.get)
  get(@From() { principal }: Caller, @Input() { params, query }: RouteInput<typeof routes.chats.get>): Promise<Chat> {
    const request = { chatId: chatIdOf(params.id), before: query.before };
    return ofYourChat(this.rpc.call(chats.get, request, { principal }));
  }

  @Endpoint(routes.chats.update)
  async update(
    @From() { principal }: Caller,
    @Input() { params, body }: RouteInput<typeof routes.chats.update>,
  ): Promise<Chat> {
    const chatId = chatIdOf(params.id);
    const chat = await this.pictures.takeFromChat(body.chat, principal);
    return ofYourChat(this.rpc.call(chats.update, { chatId, chat }, { principal }));
  }

  @Endpoint(routes.chats.remove)
  async remove(
    @From() { principal }: Caller,
    @Input() { params }: RouteInput<typeof routes.chats.remove>,
  ): Promise<boolean> {
    const call = this.rpc.call(chats.remove, { chatId: chatIdOf(params.id) }, { principal });
    return (await ofYourChat(call)).deleted;
  }
}
