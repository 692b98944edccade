import { Controller } from '@nestjs/common';
import { type RouteInput, type RouteReply, routes } from '@perennial/contracts-gateway';
import { type KnowledgeBase, knowledge } from '@perennial/contracts-retrieval';
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

  @Endpoint(routes.knowledge.list)
  async list(
    @From() caller: Caller,
    @Input() { query }: RouteInput<typeof routes.knowledge.list>,
  ): Promise<RouteReply<typeof routes.knowledge.list>> {
    return this.page(caller, await this.rpc.call(knowledge.list, query, caller));
  }

  @Endpoint(routes.knowledge.search)
  async search(
    @From() caller: Caller,
    @Input() { query }: RouteInput<typeof routes.knowledge.search>,
  ): Promise<RouteReply<typeof routes.knowledge.search>> {
    const { query: text, order_by: orderBy, direction, page, view_option: view } = query;
    const all = caller.user.role === 'admin' && view !== 'created';
    return this.page(
      caller,
      await this.rpc.call(knowledge.search, { query: text, all, orderBy, direction, page }, caller),
    );
  }

  @Endpoint(routes.knowledge.create)
  async create(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof routes.knowledge.create>,
  ): Promise<RouteReply<typeof routes.knowledge.create>> {
    const { name, description } = body;
    return baseReply(await this.rpc.call(knowledge.create, { name, description }, { principal }));
  }

  @Endpoint(routes.knowledge.reindex)
  async reindex(@From() { principal }: Caller): Promise<RouteReply<typeof routes.knowledge.reindex>> {
    await this.rpc.call(knowledge.reindex, {}, { principal });
    return true;
  }

  @Endpoint(routes.knowledge.get)
  async get(
    @From() { principal }: Caller,
    @Input() { params }: RouteInput<typeof routes.knowledge.get>,
  ): Promise<RouteReply<typeof routes.knowledge.get>> {
    return baseReply(
      await ofYourBase(this.rpc.call(knowledge.get, { knowledgeId: baseIdOf(params.id) }, { principal })),
    );
  }

  @Endpoint(routes.knowledge.update)
  async update(
    @From() { principal }: Caller,
    @Input() { params, body }: RouteInput<typeof routes.knowledge.update>,
  ): Promise<RouteReply<typeof routes.knowledge.update>> {
    const { name, description } = body;
    const change = { knowledgeId: baseIdOf(params.id), name, description };
    return baseReply(await ofYourBase(this.rpc.call(knowledge.update, change, { principal })));
  }

  @Endpoint(routes.knowledge.remove)
  async remove(
    @From() { principal }: Caller,
    @Input() { params }: RouteInput<typeof routes.knowledge.remove>,
  ): Promise<RouteReply<typeof routes.knowledge.remove>> {
    const call = this.rpc.call(knowledge.remove, { knowledgeId: baseIdOf(params.id) }, { principal });
    return (await ofYourBase(call)).deleted;
  }

  @Endpoint(routes.knowledge.reset)
  async reset(
    @From() { principal }: Caller,
    @Input() { params }: RouteInput<typeof routes.knowledge.reset>,
  ): Promise<RouteReply<typeof routes.knowledge.reset>> {
    return baseReply(
      await ofYourBase(this.rpc.call(knowledge.reset, { knowledgeId: baseIdOf(params.id) }, { principal })),
    );
  }

  private async page(
    caller: Caller,
    { items, total }: { items: KnowledgeBase[]; total: number },
  ): Promise<RouteReply<typeof routes.knowledge.list>> {
    const owners = items.map((base) => base.user_id);
    const ownerOf = await this.owners.of(owners, caller);
    return { items: items.map((base) => baseInList(base, ownerOf(base.user_id))), total };
  }
}
