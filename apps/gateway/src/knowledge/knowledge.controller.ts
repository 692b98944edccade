import { Controller } from '@nestjs/common';
import {
  CREATE_KNOWLEDGE,
  DELETE_KNOWLEDGE,
  GET_KNOWLEDGE,
  LIST_KNOWLEDGE,
  REINDEX_KNOWLEDGE,
  RESET_KNOWLEDGE,
  SEARCH_KNOWLEDGE,
  UPDATE_KNOWLEDGE,
  type RouteInput,
  type RouteReply,
} from '@perennial/contracts-gateway';
import {
  CREATE_KNOWLEDGE as CREATE,
  DELETE_KNOWLEDGE as REMOVE,
  GET_KNOWLEDGE as READ,
  LIST_KNOWLEDGE as READ_PAGE,
  REINDEX_KNOWLEDGE as REINDEX,
  RESET_KNOWLEDGE as EMPTY,
  SEARCH_KNOWLEDGE as FIND,
  UPDATE_KNOWLEDGE as CHANGE,
  type KnowledgeBase,
} from '@perennial/contracts-retrieval';
import { Rpc } from '@perennial/transport';
import type { Caller } from '../edge/caller';
import { Endpoint, From, Input } from '../edge/endpoint';
import { baseIdOf, ofYourBase } from './not-your-base';
import { Owners } from './owners';
import { baseInList, baseReply } from './wire';

@Controller()
export class KnowledgeController {
  constructor(
    private readonly rpc: Rpc,
    private readonly owners: Owners,
  ) {}

  @Endpoint(LIST_KNOWLEDGE)
  async list(
    @From() caller: Caller,
    @Input() { query }: RouteInput<typeof LIST_KNOWLEDGE>,
  ): Promise<RouteReply<typeof LIST_KNOWLEDGE>> {
    return this.page(caller, await this.rpc.call(READ_PAGE, query, caller));
  }

  @Endpoint(SEARCH_KNOWLEDGE)
  async search(
    @From() caller: Caller,
    @Input() { query }: RouteInput<typeof SEARCH_KNOWLEDGE>,
  ): Promise<RouteReply<typeof SEARCH_KNOWLEDGE>> {
    const { query: text, order_by: orderBy, direction, page, view_option: view } = query;
    const all = caller.user.role === 'admin' && view !== 'created';
    return this.page(caller, await this.rpc.call(FIND, { query: text, all, orderBy, direction, page }, caller));
  }

  @Endpoint(CREATE_KNOWLEDGE)
  async create(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof CREATE_KNOWLEDGE>,
  ): Promise<RouteReply<typeof CREATE_KNOWLEDGE>> {
    const { name, description } = body;
    return baseReply(await this.rpc.call(CREATE, { name, description }, { principal }));
  }

  @Endpoint(REINDEX_KNOWLEDGE)
  async reindex(@From() { principal }: Caller): Promise<RouteReply<typeof REINDEX_KNOWLEDGE>> {
    await this.rpc.call(REINDEX, {}, { principal });
    return true;
  }

  @Endpoint(GET_KNOWLEDGE)
  async get(
    @From() { principal }: Caller,
    @Input() { params }: RouteInput<typeof GET_KNOWLEDGE>,
  ): Promise<RouteReply<typeof GET_KNOWLEDGE>> {
    return baseReply(await ofYourBase(this.rpc.call(READ, { knowledgeId: baseIdOf(params.id) }, { principal })));
  }

  @Endpoint(UPDATE_KNOWLEDGE)
  async update(
    @From() { principal }: Caller,
    @Input() { params, body }: RouteInput<typeof UPDATE_KNOWLEDGE>,
  ): Promise<RouteReply<typeof UPDATE_KNOWLEDGE>> {
    const { name, description } = body;
    const change = { knowledgeId: baseIdOf(params.id), name, description };
    return baseReply(await ofYourBase(this.rpc.call(CHANGE, change, { principal })));
  }

  @Endpoint(DELETE_KNOWLEDGE)
  async remove(
    @From() { principal }: Caller,
    @Input() { params }: RouteInput<typeof DELETE_KNOWLEDGE>,
  ): Promise<RouteReply<typeof DELETE_KNOWLEDGE>> {
    const call = this.rpc.call(REMOVE, { knowledgeId: baseIdOf(params.id) }, { principal });
    return (await ofYourBase(call)).deleted;
  }

  @Endpoint(RESET_KNOWLEDGE)
  async reset(
    @From() { principal }: Caller,
    @Input() { params }: RouteInput<typeof RESET_KNOWLEDGE>,
  ): Promise<RouteReply<typeof RESET_KNOWLEDGE>> {
    return baseReply(await ofYourBase(this.rpc.call(EMPTY, { knowledgeId: baseIdOf(params.id) }, { principal })));
  }

  private async page(
    caller: Caller,
    { items, total }: { items: KnowledgeBase[]; total: number },
  ): Promise<RouteReply<typeof LIST_KNOWLEDGE>> {
    const owners = items.map((base) => base.user_id);
    const ownerOf = await this.owners.of(owners, caller);
    return { items: items.map((base) => baseInList(base, ownerOf(base.user_id))), total };
  }
}
