import { Controller } from '@nestjs/common';
import {
  DELETE_USER as REMOVE_USER,
  GET_USER_SETTINGS as READ_SETTINGS,
  LIST_USERS as READ_USERS,
  UPDATE_USER as CHANGE_USER,
  UPDATE_USER_SETTINGS as CHANGE_SETTINGS,
} from '@perennial/contracts-auth';
import { DELETE_USER_CHATS } from '@perennial/contracts-chat';
import { DELETE_USER_DOCUMENTS } from '@perennial/contracts-retrieval';
import {
  DELETE_USER,
  GET_USER_SETTINGS,
  LIST_USERS,
  UPDATE_USER,
  UPDATE_USER_SETTINGS,
  type RouteInput,
  type RouteReply,
} from '@perennial/contracts-gateway';
import { Rpc } from '@perennial/transport';
import { userRowOf } from '../auths/session-user';
import type { Caller } from '../edge/caller';
import { Endpoint, From, Input } from '../edge/endpoint';
import { withStatuses } from '../edge/problem';
import { RevocationFeed } from '../sessions/revocation-feed';

@Controller()
export class UsersController {
  constructor(
    private readonly rpc: Rpc,
    private readonly feed: RevocationFeed,
  ) {}

  @Endpoint(LIST_USERS)
  async list(
    @From() { principal }: Caller,
    @Input() { query }: RouteInput<typeof LIST_USERS>,
  ): Promise<RouteReply<typeof LIST_USERS>> {
    const { query: text, order_by: orderBy, direction, page } = query;
    const { users, total } = await this.rpc.call(READ_USERS, { query: text, orderBy, direction, page }, { principal });
    return { users: users.map(userRowOf), total };
  }

  @Endpoint(UPDATE_USER)
  async update(
    @From() { principal }: Caller,
    @Input() { params, body }: RouteInput<typeof UPDATE_USER>,
  ): Promise<RouteReply<typeof UPDATE_USER>> {
    const { password, ...rest } = body;
    const change = { userId: params.id, ...rest, ...(password ? { password } : {}) };
    const user = await withStatuses({ ALREADY_EXISTS: 400 }, this.rpc.call(CHANGE_USER, change, { principal }));
    await this.feed.catchUp(user.id);
    return userRowOf(user);
  }

  /** The account first: once it is gone nobody can add to what is deleted next. Repeating the request finishes what was cut short. */
  @Endpoint(DELETE_USER)
  async remove(
    @From() { principal }: Caller,
    @Input() { params }: RouteInput<typeof DELETE_USER>,
  ): Promise<RouteReply<typeof DELETE_USER>> {
    const { deleted } = await this.rpc.call(REMOVE_USER, { userId: params.id }, { principal });
    await this.feed.catchUp(params.id);
    await this.rpc.call(DELETE_USER_CHATS, { userId: params.id }, { principal });
    await this.rpc.call(DELETE_USER_DOCUMENTS, { userId: params.id }, { principal });
    return deleted;
  }

  @Endpoint(GET_USER_SETTINGS)
  async settings(@From() { principal }: Caller): Promise<RouteReply<typeof GET_USER_SETTINGS>> {
    return (await this.rpc.call(READ_SETTINGS, {}, { principal })).settings;
  }

  @Endpoint(UPDATE_USER_SETTINGS)
  async updateSettings(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof UPDATE_USER_SETTINGS>,
  ): Promise<RouteReply<typeof UPDATE_USER_SETTINGS>> {
    return (await this.rpc.call(CHANGE_SETTINGS, { settings: body }, { principal })).settings;
  }
}
