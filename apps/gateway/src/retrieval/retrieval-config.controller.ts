import { Controller } from '@nestjs/common';
import {
  GET_EMBEDDING_CONFIG,
  GET_RETRIEVAL_CONFIG,
  UPDATE_EMBEDDING_CONFIG,
  UPDATE_RETRIEVAL_CONFIG,
  type RouteInput,
  type RouteReply,
} from '@perennial/contracts-gateway';
import {
  GET_EMBEDDING,
  GET_RETRIEVAL_SETTINGS,
  UPDATE_EMBEDDING,
  UPDATE_RETRIEVAL_SETTINGS,
} from '@perennial/contracts-retrieval';
import { Rpc } from '@perennial/transport';
import type { Caller } from '../edge/caller';
import { Endpoint, From, Input } from '../edge/endpoint';
import { RetrievalLimits } from './retrieval-limits';
import { embeddingIn, embeddingReply, settingsIn, settingsReply } from './wire';

/** How documents are read, embedded and searched. */
@Controller()
export class RetrievalConfigController {
  constructor(
    private readonly rpc: Rpc,
    private readonly limits: RetrievalLimits,
  ) {}

  @Endpoint(GET_RETRIEVAL_CONFIG)
  async settings(@From() { principal }: Caller): Promise<RouteReply<typeof GET_RETRIEVAL_CONFIG>> {
    return settingsReply((await this.rpc.call(GET_RETRIEVAL_SETTINGS, {}, { principal })).settings);
  }

  @Endpoint(UPDATE_RETRIEVAL_CONFIG)
  async updateSettings(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof UPDATE_RETRIEVAL_CONFIG>,
  ): Promise<RouteReply<typeof UPDATE_RETRIEVAL_CONFIG>> {
    const { settings } = await this.rpc.call(UPDATE_RETRIEVAL_SETTINGS, settingsIn(body), { principal });
    this.limits.forget();
    return settingsReply(settings);
  }

  @Endpoint(GET_EMBEDDING_CONFIG)
  async embedding(@From() { principal }: Caller): Promise<RouteReply<typeof GET_EMBEDDING_CONFIG>> {
    return embeddingReply(await this.rpc.call(GET_EMBEDDING, {}, { principal }));
  }

  @Endpoint(UPDATE_EMBEDDING_CONFIG)
  async updateEmbedding(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof UPDATE_EMBEDDING_CONFIG>,
  ): Promise<RouteReply<typeof UPDATE_EMBEDDING_CONFIG>> {
    return embeddingReply(await this.rpc.call(UPDATE_EMBEDDING, embeddingIn(body), { principal }));
  }
}
