import { Controller } from '@nestjs/common';
import { type RouteInput, type RouteReply, routes } from '@perennial/contracts-gateway';
import { knowledge, type KnowledgeBase } from '@perennial/contracts-retrieval';
import { Rpc } from '@perennial/transport';
import { CurrentUser, Route, ValidatedInput } from '../../http/route';
import type { Caller } from '../../sessions/caller';
import { Owners } from './owners';
import { baseInList } from './wire';

@Controller()
export class KnowledgeController {
  constructor(
    private readonly rpc: Rpc,
    private readonly owners: Owners,
  ) {}

  @Route(routes.knowledge.list)
  async list(
    @CurrentUser() caller: Caller,
    @ValidatedInput() { query }: RouteInput<typeof routes.knowledge.list>,
  ): Promise<RouteReply<typeof routes.knowledge.list>> {
    return this.page(caller, await this.rpc.call(knowledge.list, query, caller));
  }

  @Route(routes.knowledge.search)
  async search(
    @CurrentUser() caller: Caller,
    @ValidatedInput() { query }: RouteInput<typeof routes.knowledge.search>,
  ): Promise<RouteReply<typeof routes.knowledge.search>> {
    const { query: text, order_by: orderBy, direction, page, view_option: view } = query;
    const all = caller.user.role === 'admin' && view !== 'created';
    return this.page(
      caller,
      await this.rpc.call(knowledge.search, { query: text, all, orderBy, direction, page }, caller),
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
