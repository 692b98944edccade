import { Controller } from '@nestjs/common';
import {
  CREATE_CHAT as MAKE_CHAT,
  DELETE_CHAT as REMOVE_CHAT,
  GET_CHAT as READ_CHAT,
  LIST_CHATS as READ_CHATS,
  SEARCH_CHATS as FIND_CHATS,
  UPDATE_CHAT as CHANGE_CHAT,
} from '@perennial/contracts-chat';
import {
  CREATE_CHAT,
  DELETE_CHAT,
  GET_CHAT,
  LIST_ARCHIVED_CHATS,
  LIST_CHATS,
  LIST_PINNED_CHATS,
  SEARCH_CHATS,
  UPDATE_CHAT,
  type Chat,
  type ChatListItem,
  type RouteInput,
} from '@perennial/contracts-gateway';
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

  @Endpoint(LIST_CHATS)
  async list(
    @From() { principal }: Caller,
    @Input() { query }: RouteInput<typeof LIST_CHATS>,
  ): Promise<ChatListItem[]> {
    const request = { page: query.page, sortBy: query.sort_by, direction: query.sort_dir };
    return (await this.rpc.call(READ_CHATS, request, { principal })).items;
  }

  @Endpoint(LIST_PINNED_CHATS)
  async pinned(
    @From() { principal }: Caller,
    @Input() { query }: RouteInput<typeof LIST_PINNED_CHATS>,
  ): Promise<ChatListItem[]> {
    return (await this.rpc.call(READ_CHATS, { page: query.page, pinned: true }, { principal })).items;
  }

  @Endpoint(LIST_ARCHIVED_CHATS)
  async archived(
    @From() { principal }: Caller,
    @Input() { query }: RouteInput<typeof LIST_ARCHIVED_CHATS>,
  ): Promise<ChatListItem[]> {
    return (await this.rpc.call(READ_CHATS, { page: query.page, archived: true }, { principal })).items;
  }

  @Endpoint(SEARCH_CHATS)
  async search(
    @From() { principal }: Caller,
    @Input() { query }: RouteInput<typeof SEARCH_CHATS>,
  ): Promise<ChatListItem[]> {
    return (await this.rpc.call(FIND_CHATS, query, { principal })).items;
  }

  @Endpoint(CREATE_CHAT)
  async create(@From() { principal }: Caller, @Input() { body }: RouteInput<typeof CREATE_CHAT>): Promise<Chat> {
    const chat = await this.pictures.takeFromChat(body.chat, principal);
    return this.rpc.call(MAKE_CHAT, { chat, folderId: body.folder_id }, { principal });
  }

  @Endpoint(GET_CHAT)
  get(@From() { principal }: Caller, @Input() { params, query }: RouteInput<typeof GET_CHAT>): Promise<Chat> {
    const request = { chatId: chatIdOf(params.id), before: query.before };
    return ofYourChat(this.rpc.call(READ_CHAT, request, { principal }));
  }

  @Endpoint(UPDATE_CHAT)
  async update(
    @From() { principal }: Caller,
    @Input() { params, body }: RouteInput<typeof UPDATE_CHAT>,
  ): Promise<Chat> {
    const chatId = chatIdOf(params.id);
    const chat = await this.pictures.takeFromChat(body.chat, principal);
    return ofYourChat(this.rpc.call(CHANGE_CHAT, { chatId, chat }, { principal }));
  }

  @Endpoint(DELETE_CHAT)
  async remove(@From() { principal }: Caller, @Input() { params }: RouteInput<typeof DELETE_CHAT>): Promise<boolean> {
    const call = this.rpc.call(REMOVE_CHAT, { chatId: chatIdOf(params.id) }, { principal });
    return (await ofYourChat(call)).deleted;
  }
}
