import { Controller } from '@nestjs/common';
import { registration, users } from '@perennial/contracts-auth';
import { type CallParsedRequest, type CallReply, requireAdmin } from '@perennial/contracts-kernel';
import { type CallContext, Handles } from '@perennial/transport';
import { AccountImporter } from './account-importer';
import { RegistrationService } from './registration.service';
import { RegistrationSettings } from './registration-settings';

@Controller()
export class RegistrationController {
  constructor(
    private readonly registration: RegistrationService,
    private readonly importer: AccountImporter,
    private readonly registrationSettings: RegistrationSettings,
  ) {}

  /** Without a session: the page needs it before sign-in. */
  @Handles(users.status)
  status(): Promise<CallReply<typeof users.status>> {
    return this.registration.status();
  }

  /** Without a session. */
  @Handles(users.signUp)
  signUp(
    request: CallParsedRequest<typeof users.signUp>,
    { key, delivery }: CallContext,
  ): Promise<CallReply<typeof users.signUp>> {
    return this.registration.signUp(request, key, delivery > 1);
  }

  @Handles(users.add)
  async add(
    request: CallParsedRequest<typeof users.add>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof users.add>> {
    return this.registration.add(requireAdmin(principal), request, key);
  }

  @Handles(users.importAccount)
  async importAccount(
    request: CallParsedRequest<typeof users.importAccount>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof users.importAccount>> {
    return this.importer.import(requireAdmin(principal), request);
  }

  @Handles(registration.settings)
  async settings(
    _: CallParsedRequest<typeof registration.settings>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof registration.settings>> {
    requireAdmin(principal);
    return this.registrationSettings.shown();
  }

  @Handles(registration.updateSettings)
  async updateSettings(
    request: CallParsedRequest<typeof registration.updateSettings>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof registration.updateSettings>> {
    return this.registrationSettings.update(requireAdmin(principal), request, key);
  }
}
