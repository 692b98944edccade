import { Controller } from '@nestjs/common';
import { models } from '@perennial/contracts-config';
import { type RouteInput, type RouteReply, routes } from '@perennial/contracts-gateway';
import { Rpc } from '@perennial/transport';
import type { Caller } from '../edge/caller';
import { Endpoint, From, Input } from '../edge/endpoint';

@Controller()
export class ModelsController {
  constructor(private readonly rpc: Rpc) {}

  @Endpoint(routes.models.list)
  async list(
    @From() { principal }: Caller,
    @Input() { query }: RouteInput<typeof routes.models.list>,
  ): Promise<RouteReply<typeof routes.models.list>> {
    const { data } = await this.rpc.call(models.list, query, { principal });
    return { object: 'list', data };
  }

  @Endpoint(routes.models.saveEntry)
  save(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof routes.models.saveEntry>,
  ): Promise<RouteReply<typeof routes.models.saveEntry>> {
    const entry = { ...body, access_grants: body.access_grants ?? [] };
    return this.rpc.call(models.saveEntry, entry, { principal });
  }
}
