import { Controller } from '@nestjs/common';
import { type ConnectionKind, connections } from '@perennial/contracts-config';
import { type RouteInput, type RouteReply, routes } from '@perennial/contracts-gateway';
import { Rpc } from '@perennial/transport';
import type { Caller } from '../edge/caller';
import { Endpoint, From, Input } from '../edge/endpoint';
import { withStatuses } from '../edge/problem';
import { fromOllamaWire, fromOpenAiWire, toOllamaWire, toOpenAiWire } from './wire';

@Controller()
export class ConnectionsController {
  constructor(private readonly rpc: Rpc) {}

  @Endpoint(routes.connections.openAi)
  async openAi(@From() { principal }: Caller): Promise<RouteReply<typeof routes.connections.openAi>> {
    return toOpenAiWire(await this.rpc.call(connections.get, { kind: 'openai' }, { principal }));
  }

  @Endpoint(routes.connections.updateOpenAi)
  async updateOpenAi(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof routes.connections.updateOpenAi>,
  ): Promise<RouteReply<typeof routes.connections.updateOpenAi>> {
    return toOpenAiWire(await this.rpc.call(connections.update, fromOpenAiWire(body), { principal }));
  }

  @Endpoint(routes.connections.ollama)
  async ollama(@From() { principal }: Caller): Promise<RouteReply<typeof routes.connections.ollama>> {
    return toOllamaWire(await this.rpc.call(connections.get, { kind: 'ollama' }, { principal }));
  }

  @Endpoint(routes.connections.updateOllama)
  async updateOllama(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof routes.connections.updateOllama>,
  ): Promise<RouteReply<typeof routes.connections.updateOllama>> {
    return toOllamaWire(await this.rpc.call(connections.update, fromOllamaWire(body), { principal }));
  }

  @Endpoint(routes.connections.verifyOpenAi)
  verifyOpenAi(@From() caller: Caller, @Input() { body }: RouteInput<typeof routes.connections.verifyOpenAi>) {
    return this.verify('openai', caller, body);
  }

  @Endpoint(routes.connections.verifyOllama)
  verifyOllama(@From() caller: Caller, @Input() { body }: RouteInput<typeof routes.connections.verifyOllama>) {
    return this.verify('ollama', caller, body);
  }

  /** The other server's refusal is not the caller's own: a key that it does not accept is 400, never "you are not signed in". */
  private async verify(
    kind: ConnectionKind,
    { principal }: Caller,
    { url, key, config }: RouteInput<typeof routes.connections.verifyOpenAi>['body'],
  ): Promise<RouteReply<typeof routes.connections.verifyOpenAi>> {
    const request = { kind, url, key: key ?? '', ...(config ? { config } : {}) };
    const call = this.rpc.call(connections.verify, request, { principal });
    const { data } = await withStatuses({ UNAUTHENTICATED: 400, PERMISSION_DENIED: 400, NOT_FOUND: 400 }, call);
    return { object: 'list', data };
  }
}
