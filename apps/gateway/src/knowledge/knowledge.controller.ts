import { Controller } from '@nestjs/common';
import { LIST_KNOWLEDGE, type RouteInput, type RouteReply } from '@perennial/contracts-gateway';
import { LIST_KNOWLEDGE as READ_KNOWLEDGE } from '@perennial/contracts-retrieval';
import { Rpc } from '@perennial/transport';
import type { Caller } from '../edge/caller';
import { Endpoint, From, Input } from '../edge/endpoint';

@Controller()
export class KnowledgeController {
  constructor(private readonly rpc: Rpc) {}

  @Endpoint(LIST_KNOWLEDGE)
  list(
    @From() { principal }: Caller,
    @Input() { query }: RouteInput<typeof LIST_KNOWLEDGE>,
  ): Promise<RouteReply<typeof LIST_KNOWLEDGE>> {
    return this.rpc.call(READ_KNOWLEDGE, query, { principal });
  }
}
