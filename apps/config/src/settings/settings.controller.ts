import { Controller } from '@nestjs/common';
import { GET_SETTINGS, GET_VERSION, UPDATE_BANNERS } from '@perennial/contracts-config';
import { requireAdmin, type CallParsedRequest, type CallReply } from '@perennial/contracts-kernel';
import { Handles, type CallContext } from '@perennial/transport';
import { SettingsService } from './settings.service';

@Controller()
export class SettingsController {
  constructor(private readonly settings: SettingsService) {}

  /** For anyone: the front page shows name and banners. */
  @Handles(GET_SETTINGS)
  get(): Promise<CallReply<typeof GET_SETTINGS>> {
    return this.settings.get();
  }

  /** For anyone. */
  @Handles(GET_VERSION)
  async version(): Promise<CallReply<typeof GET_VERSION>> {
    return { version: await this.settings.version() };
  }

  @Handles(UPDATE_BANNERS)
  async updateBanners(
    request: CallParsedRequest<typeof UPDATE_BANNERS>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof UPDATE_BANNERS>> {
    return this.settings.updateBanners(requireAdmin(principal), request, key);
  }
}
