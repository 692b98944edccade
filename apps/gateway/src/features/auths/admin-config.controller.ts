import { Controller } from '@nestjs/common';
import { registration } from '@perennial/contracts-auth';
import { settings } from '@perennial/contracts-config';
import { type RouteInput, routes } from '@perennial/contracts-gateway';
import type { Principal } from '@perennial/contracts-kernel';
import type { AdminConfig } from '@perennial/contracts-wire';
import { Rpc } from '@perennial/transport';
import { CurrentUser, Route, ValidatedInput } from '../../http/route';
import type { Caller } from '../../sessions/caller';
import { AppliedVersions } from '../../versions/applied-versions';
import { SettingsCache } from '../configs/settings-cache';
import { partsOf, refuseFixed, toAdminConfig } from './admin-config';

/** Settings that the reference has in one place: auth keeps who may make an account, config the installation's name and words. */
@Controller()
export class AdminConfigController {
  constructor(
    private readonly rpc: Rpc,
    private readonly versions: AppliedVersions,
    private readonly cache: SettingsCache,
  ) {}

  @Route(routes.auths.adminConfig)
  adminConfig(@CurrentUser() { principal }: Caller): Promise<AdminConfig> {
    return this.read(principal);
  }

  /** If one of the two services is away, the caller is told, and repeating the request saves what is missing. */
  @Route(routes.auths.updateAdminConfig)
  async updateAdminConfig(
    @CurrentUser() { principal }: Caller,
    @ValidatedInput() { body }: RouteInput<typeof routes.auths.updateAdminConfig>,
  ): Promise<AdminConfig> {
    const { sessionLifetime } = await this.rpc.call(registration.settings, {}, { principal });
    refuseFixed(body, sessionLifetime);
    const parts = partsOf(body);
    if (parts.general) {
      await this.rpc.call(settings.updateGeneral, parts.general, { principal });
      await this.versions.catchUp('c');
    }
    if (parts.registration) {
      await this.rpc.call(registration.updateSettings, parts.registration, { principal });
      this.cache.forgetAuthStatus();
    }
    return this.read(principal);
  }

  private async read(principal: Principal): Promise<AdminConfig> {
    const [admission, general] = await Promise.all([
      this.rpc.call(registration.settings, {}, { principal }),
      this.rpc.call(settings.get, {}, { principal }),
    ]);
    return toAdminConfig(admission, general);
  }
}
