import { Controller } from '@nestjs/common';
import {
  GET_USER_SETTINGS,
  UPDATE_PASSWORD,
  UPDATE_PROFILE,
  UPDATE_TIMEZONE,
  UPDATE_USER_SETTINGS,
} from '@perennial/contracts-auth';
import { requireSignedIn, requireUser, type CallParsedRequest, type CallReply } from '@perennial/contracts-kernel';
import { Handles, type CallContext } from '@perennial/transport';
import { AccountService } from './account.service';

/** One's own account. Time zone and password also while the account is pending. */
@Controller()
export class AccountController {
  constructor(private readonly account: AccountService) {}

  @Handles(UPDATE_PROFILE)
  async updateProfile(
    request: CallParsedRequest<typeof UPDATE_PROFILE>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof UPDATE_PROFILE>> {
    return this.account.updateProfile(requireUser(principal), request, key);
  }

  @Handles(UPDATE_TIMEZONE)
  async updateTimezone(
    request: CallParsedRequest<typeof UPDATE_TIMEZONE>,
    { principal, key }: CallContext,
  ): Promise<Record<string, never>> {
    await this.account.updateTimezone(requireSignedIn(principal), request, key);
    return {};
  }

  @Handles(UPDATE_PASSWORD)
  async updatePassword(
    request: CallParsedRequest<typeof UPDATE_PASSWORD>,
    { principal, key, delivery }: CallContext,
  ): Promise<Record<string, never>> {
    await this.account.updatePassword(requireSignedIn(principal), request, key, delivery > 1);
    return {};
  }

  @Handles(GET_USER_SETTINGS)
  async settings(
    _request: CallParsedRequest<typeof GET_USER_SETTINGS>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof GET_USER_SETTINGS>> {
    return { settings: await this.account.settings(requireUser(principal)) };
  }

  @Handles(UPDATE_USER_SETTINGS)
  async updateSettings(
    request: CallParsedRequest<typeof UPDATE_USER_SETTINGS>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof UPDATE_USER_SETTINGS>> {
    return { settings: await this.account.updateSettings(requireUser(principal), request, key) };
  }
}
