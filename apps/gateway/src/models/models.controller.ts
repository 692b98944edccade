import { Controller } from '@nestjs/common';
import { LIST_MODELS as READ_MODELS, SAVE_MODEL_ENTRY as SAVE_ENTRY } from '@perennial/contracts-config';
import { SAVE_MODEL_ENTRY, LIST_MODELS, type RouteInput, type RouteReply } from '@perennial/contracts-gateway';
import { Rpc } from '@perennial/transport';
import type { Caller } from '../edge/caller';
import { Endpoint, From, Input } from '../edge/endpoint';

@Controller()
export class ModelsController {
  constructor(private readonly rpc: Rpc) {}

  @Endpoint(LIST_MODELS)
  async list(
    @From() { principal }: Caller,
    @Input() { query }: RouteInput<typeof LIST_MODELS>,
  ): Promise<RouteReply<typeof LIST_MODELS>> {
    const { data } = await this.rpc.call(READ_MODELS, query, { principal });
    return { object: 'list', data };
  }

  @Endpoint(SAVE_MODEL_ENTRY)
  save(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof SAVE_MODEL_ENTRY>,
  ): Promise<RouteReply<typeof SAVE_MODEL_ENTRY>> {
    const entry = { ...body, access_grants: body.access_grants ?? [] };
    return this.rpc.call(SAVE_ENTRY, entry, { principal });
  }
}
