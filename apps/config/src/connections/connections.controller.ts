import { Controller } from '@nestjs/common';
import { GET_CONNECTIONS, UPDATE_CONNECTIONS, VERIFY_CONNECTION } from '@perennial/contracts-config';
import { requireAdmin, type CallParsedRequest, type CallReply } from '@perennial/contracts-kernel';
import { Handles, type CallContext } from '@perennial/transport';
import { ConnectionsService } from './connections.service';

/** For admins only. */
@Controller()
export class ConnectionsController {
  constructor(private readonly connections: ConnectionsService) {}

  @Handles(GET_CONNECTIONS)
  async get(
    { kind }: CallParsedRequest<typeof GET_CONNECTIONS>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof GET_CONNECTIONS>> {
    requireAdmin(principal);
    return this.connections.get(kind);
  }

  @Handles(UPDATE_CONNECTIONS)
  async update(
    request: CallParsedRequest<typeof UPDATE_CONNECTIONS>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof UPDATE_CONNECTIONS>> {
    return this.connections.update(requireAdmin(principal), request, key);
  }

  @Handles(VERIFY_CONNECTION)
  async verify(
    request: CallParsedRequest<typeof VERIFY_CONNECTION>,
    context: CallContext,
  ): Promise<CallReply<typeof VERIFY_CONNECTION>> {
    requireAdmin(context.principal);
    return this.connections.verify(request, context.signal);
  }
}
