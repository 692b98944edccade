import { Controller } from '@nestjs/common';
import { connections } from '@perennial/contracts-config';
import { type CallParsedRequest, type CallReply, requireAdmin } from '@perennial/contracts-kernel';
import { type CallContext, Handles } from '@perennial/transport';
import { ConnectionsService } from './connections.service';

/** For admins only. */
@Controller()
export class ConnectionsController {
  constructor(private readonly connections: ConnectionsService) {}

  @Handles(connections.get)
  async get(
    { kind }: CallParsedRequest<typeof connections.get>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof connections.get>> {
    requireAdmin(principal);
    return this.connections.get(kind);
  }

  @Handles(connections.update)
  async update(
    request: CallParsedRequest<typeof connections.update>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof connections.update>> {
    return this.connections.update(requireAdmin(principal), request, key);
  }

  @Handles(connections.verify)
  async verify(
    request: CallParsedRequest<typeof connections.verify>,
    context: CallContext,
  ): Promise<CallReply<typeof connections.verify>> {
    requireAdmin(context.principal);
    return this.connections.verify(request, context.signal);
  }
}
