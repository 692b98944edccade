import { Controller } from '@nestjs/common';
import { type RouteInput, type RouteReply, routes } from '@perennial/contracts-gateway';
import { retrievalSettings } from '@perennial/contracts-retrieval';
import { Rpc } from '@perennial/transport';
import { CurrentUser, Route, ValidatedInput } from '../../http/route';
import type { Caller } from '../../sessions/caller';
import { RetrievalLimits } from './retrieval-limits';
import { settingsIn, settingsReply } from './wire';

/** How documents are read, embedded and searched. */
@Controller()
export class RetrievalConfigController {
  constructor(
    private readonly rpc: Rpc,
    private readonly limits: RetrievalLimits,
  ) {}

  @Route(routes.retrieval.updateConfig)
  async updateSettings(
    @CurrentUser() { principal }: Caller,
    @ValidatedInput() { body }: RouteInput<typeof routes.retrieval.updateConfig>,
  ): Promise<RouteReply<typeof routes.retrieval.updateConfig>> {
    const { settings } = await this.rpc.call(retrievalSettings.update, settingsIn(body), { principal });
    this.limits.forget();
    return settingsReply(settings);
  }
}
