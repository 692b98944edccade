import { Controller } from '@nestjs/common';
import { users } from '@perennial/contracts-auth';
import { type CallParsedRequest, type CallReply, requireSignedIn, requireUser } from '@perennial/contracts-kernel';
import { type CallContext, Handles } from '@perennial/transport';
import { AccountService } from './account.service';

/** One's own account. Time zone and password may also be changed while it is pending. */
@Controller()
export class AccountController {
  constructor(private readonly account: AccountService) {}

  @Handles(users.updateProfile)
  async updateProfile(
    request: CallParsedRequest<typeof users.updateProfile>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof users.updateProfile>> {
    return this.account.updateProfile(requireUser(principal), request, key);
  }

  @Handles(users.updateTimezone)
  async updateTimezone(
    request: CallParsedRequest<typeof users.updateTimezone>,
    { principal, key }: CallContext,
  ): Promise<Record<string, never>> {
    await this.account.updateTimezone(requireSignedIn(principal), request, key);
    return {};
  }

  @Handles(users.updatePassword)
  async updatePassword(
    request: CallParsedRequest<typeof users.updatePassword>,
    { principal, key, delivery }: CallContext,
  ): Promise<Record<string, never>> {
    await this.account.updatePassword(requireSignedIn(principal), request, key, delivery > 1);
    return {};
  }

  @Handles(users.getSettings)
  async settings(
    _request: CallParsedRequest<typeof users.getSettings>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof users.getSettings>> {
    return { settings: await this.account.settings(requireUser(principal)) };
  }

  @Handles(users.updateSettings)
  async updateSettings(
    request: CallParsedRequest<typeof users.updateSettings>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof users.updateSettings>> {
    return { settings: await this.account.updateSettings(requireUser(principal), request, key) };
  }
}
