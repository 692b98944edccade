import { Controller } from '@nestjs/common';
import { type CallParsedRequest, type CallReply, requireAdmin } from '@perennial/contracts-kernel';
import { retrievalSettings } from '@perennial/contracts-retrieval';
import { type CallContext, Handles } from '@perennial/transport';
import { SettingsService } from './settings.service';

@Controller()
export class SettingsController {
  constructor(private readonly settings: SettingsService) {}

  /** For admins and for our own services. */
  @Handles(retrievalSettings.get)
  async get(_request: object, { principal }: CallContext): Promise<CallReply<typeof retrievalSettings.get>> {
    if (principal.kind !== 'service') requireAdmin(principal);
    return this.settings.get();
  }

  @Handles(retrievalSettings.update)
  async update(
    request: CallParsedRequest<typeof retrievalSettings.update>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof retrievalSettings.update>> {
    return this.settings.update(requireAdmin(principal), request, key);
  }
}
