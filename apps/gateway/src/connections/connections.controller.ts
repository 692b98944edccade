import { Controller } from '@nestjs/common';
import {
  GET_CONNECTIONS,
  UPDATE_CONNECTIONS,
  VERIFY_CONNECTION,
  type ConnectionKind,
} from '@perennial/contracts-config';
import {
  GET_OLLAMA_CONNECTIONS,
  GET_OPENAI_CONNECTIONS,
  UPDATE_OLLAMA_CONNECTIONS,
  UPDATE_OPENAI_CONNECTIONS,
  VERIFY_OLLAMA_CONNECTION,
  VERIFY_OPENAI_CONNECTION,
  type RouteInput,
  type RouteReply,
} from '@perennial/contracts-gateway';
import { Rpc } from '@perennial/transport';
import type { Caller } from '../edge/caller';
import { Endpoint, From, Input } from '../edge/endpoint';
import { withStatuses } from '../edge/problem';
import { fromOllamaWire, fromOpenAiWire, toOllamaWire, toOpenAiWire } from './wire';

@Controller()
export class ConnectionsController {
  constructor(private readonly rpc: Rpc) {}

  @Endpoint(GET_OPENAI_CONNECTIONS)
  async openAi(@From() { principal }: Caller): Promise<RouteReply<typeof GET_OPENAI_CONNECTIONS>> {
    return toOpenAiWire(await this.rpc.call(GET_CONNECTIONS, { kind: 'openai' }, { principal }));
  }

  @Endpoint(UPDATE_OPENAI_CONNECTIONS)
  async updateOpenAi(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof UPDATE_OPENAI_CONNECTIONS>,
  ): Promise<RouteReply<typeof UPDATE_OPENAI_CONNECTIONS>> {
    return toOpenAiWire(await this.rpc.call(UPDATE_CONNECTIONS, fromOpenAiWire(body), { principal }));
  }

  @Endpoint(GET_OLLAMA_CONNECTIONS)
  async ollama(@From() { principal }: Caller): Promise<RouteReply<typeof GET_OLLAMA_CONNECTIONS>> {
    return toOllamaWire(await this.rpc.call(GET_CONNECTIONS, { kind: 'ollama' }, { principal }));
  }

  @Endpoint(UPDATE_OLLAMA_CONNECTIONS)
  async updateOllama(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof UPDATE_OLLAMA_CONNECTIONS>,
  ): Promise<RouteReply<typeof UPDATE_OLLAMA_CONNECTIONS>> {
    return toOllamaWire(await this.rpc.call(UPDATE_CONNECTIONS, fromOllamaWire(body), { principal }));
  }

  @Endpoint(VERIFY_OPENAI_CONNECTION)
  verifyOpenAi(@From() caller: Caller, @Input() { body }: RouteInput<typeof VERIFY_OPENAI_CONNECTION>) {
    return this.verify('openai', caller, body);
  }

  @Endpoint(VERIFY_OLLAMA_CONNECTION)
  verifyOllama(@From() caller: Caller, @Input() { body }: RouteInput<typeof VERIFY_OLLAMA_CONNECTION>) {
    return this.verify('ollama', caller, body);
  }

  /** The other server's refusal is not the caller's own: a key that it does not accept is 400, never "you are not signed in". */
  private async verify(
    kind: ConnectionKind,
    { principal }: Caller,
    { url, key, config }: RouteInput<typeof VERIFY_OPENAI_CONNECTION>['body'],
  ): Promise<RouteReply<typeof VERIFY_OPENAI_CONNECTION>> {
    const request = { kind, url, key: key ?? '', ...(config ? { config } : {}) };
    const call = this.rpc.call(VERIFY_CONNECTION, request, { principal });
    const { data } = await withStatuses({ UNAUTHENTICATED: 400, PERMISSION_DENIED: 400, NOT_FOUND: 400 }, call);
    return { object: 'list', data };
  }
}
