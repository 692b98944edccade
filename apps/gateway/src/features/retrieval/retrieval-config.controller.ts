import { Controller } from '@nestjs/common';
import { type RouteInput, type RouteReply, routes } from '@perennial/contracts-gateway';
import { retrievalSettings } from '@perennial/contracts-retrieval';
import { Rpc } from '@perennial/transport';
import type { Caller } from '../../sessions/caller';
import { Endpoint, From, Input } from '../../http/endpoint';
import { RetrievalLimits } from './retrieval-limits';
import { settingsIn, settingsReply } from './wire';

/** How documents are read, embedded and searched. */
@Controller()
export class RetrievalConfigController {
  constructor(
    private readonly rpc: Rpc,
    private readonly limits: RetrievalLimits,
  ) {}

  @Endpoint(routes.retrieval.updateConfig)
  async updateSettings(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof routes.retrieval.updateConfig>,
  ): Promise<RouteReply<typeof routes.retrieval.updateConfig>> {
    const { settings } = await this.rpc.call(retrievalSettings.update, settingsIn(body), { principal });
    this.limits.forget();
    return settingsReply(settings);
  }
}
