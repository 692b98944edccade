import { Controller } from '@nestjs/common';
import { GET_RETRIEVAL_SETTINGS, UPDATE_RETRIEVAL_SETTINGS } from '@perennial/contracts-retrieval';
import { requireAdmin, type CallParsedRequest, type CallReply } from '@perennial/contracts-kernel';
import { Handles, type CallContext } from '@perennial/transport';
import { SettingsService } from './settings.service';

@Controller()
export class SettingsController {
  constructor(private readonly settings: SettingsService) {}

  /** For admins and for our own services. */
  @Handles(GET_RETRIEVAL_SETTINGS)
  async get(_request: object, { principal }: CallContext): Promise<CallReply<typeof GET_RETRIEVAL_SETTINGS>> {
    if (principal.kind !== 'service') requireAdmin(principal);
    return this.settings.get();
  }

  @Handles(UPDATE_RETRIEVAL_SETTINGS)
  async update(
    request: CallParsedRequest<typeof UPDATE_RETRIEVAL_SETTINGS>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof UPDATE_RETRIEVAL_SETTINGS>> {
    return this.settings.update(requireAdmin(principal), request, key);
  }
}
