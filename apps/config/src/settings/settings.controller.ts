import { Controller } from '@nestjs/common';
import { settings } from '@perennial/contracts-config';
import { type CallParsedRequest, type CallReply, requireAdmin } from '@perennial/contracts-kernel';
import { type CallContext, Handles } from '@perennial/transport';
import { SettingsService } from './settings.service';

@Controller()
export class SettingsController {
  constructor(private readonly settings: SettingsService) {}

  /** Without a session: the page shows name and banners. */
  @Handles(settings.get)
  get(): Promise<CallReply<typeof settings.get>> {
    return this.settings.get();
  }

  /** Without a session. */
  @Handles(settings.version)
  async version(): Promise<CallReply<typeof settings.version>> {
    return { version: await this.settings.version() };
  }

  @Handles(settings.models)
  async models(
    _: CallParsedRequest<typeof settings.models>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof settings.models>> {
    requireAdmin(principal);
    return this.settings.models();
  }

  @Handles(settings.updateModels)
  async updateModels(
    request: CallParsedRequest<typeof settings.updateModels>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof settings.updateModels>> {
    return this.settings.updateModels(requireAdmin(principal), request, key);
  }

  @Handles(settings.updateBanners)
  async updateBanners(
    request: CallParsedRequest<typeof settings.updateBanners>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof settings.updateBanners>> {
    return this.settings.updateBanners(requireAdmin(principal), request, key);
  }

  @Handles(settings.updateSuggestions)
  async updateSuggestions(
    request: CallParsedRequest<typeof settings.updateSuggestions>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof settings.updateSuggestions>> {
    return this.settings.updateSuggestions(requireAdmin(principal), request, key);
  }

  @Handles(settings.updateGeneral)
  async updateGeneral(
    request: CallParsedRequest<typeof settings.updateGeneral>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof settings.updateGeneral>> {
    return this.settings.updateGeneral(requireAdmin(principal), request, key);
  }
}
