import { Controller } from '@nestjs/common';
import { type RouteInput, type RouteReply, routes } from '@perennial/contracts-gateway';
import { embedding, retrievalSettings } from '@perennial/contracts-retrieval';
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

  @Endpoint(routes.retrieval.config)
  async settings(@From() { principal }: Caller): Promise<RouteReply<typeof routes.retrieval.config>> {
    return settingsReply((await this.rpc.call(retrievalSettings.get, {}, { principal })).settings);
  }

  @Endpoint(routes.retrieval.updateConfig)
  async updateSettings(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof routes.retrieval.updateConfig>,
  ): Promise<RouteReply<typeof routes.retrieval.updateConfig>> {
    const { settings } = await this.rpc.call(retrievalSettings.update, settingsIn(body), { principal });
    this.limits.forget();
    return settingsReply(settings);
  }

  @Endpoint(routes.retrieval.embedding)
  async embedding(@From() { principal }: Caller): Promise<RouteReply<typeof routes.retrieval.embedding>> {
    return embeddingReply(await this.rpc.call(embedding.get, {}, { principal }));
  }

  @Endpoint(routes.retrieval.updateEmbedding)
  async updateEmbedding(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof routes.retrieval.updateEmbedding>,
  ): Promise<RouteReply<typeof routes.retrieval.updateEmbedding>> {
    return embeddingReply(await this.rpc.call(embedding.update, embeddingIn(body), { principal }));
  }
}
