import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { AUTH_ENV, type AuthEnv } from '../env';
import { AccountCreator } from './account-creator';
import { RegistrationService } from './registration.service';
import { SetupSecret } from './setup-secret';

/** Creates the administrator of an installation without accounts, or logs how to create it. */
@Injectable()
export class FirstAdmin implements OnApplicationBootstrap {
  constructor(
    private readonly runtime: Runtime,
    private readonly accounts: AccountCreator,
    private readonly registration: RegistrationService,
    private readonly setupSecret: SetupSecret,
    @Inject(AUTH_ENV) private readonly env: AuthEnv,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { WEBUI_ADMIN_EMAIL: email, WEBUI_ADMIN_PASSWORD: password, WEBUI_ADMIN_NAME: name } = this.env;
    const log = this.runtime.logger('first-admin');
    if (email !== undefined && password !== undefined) {
      const userId = await this.accounts.addFirstAdmin({ name, email, password });
      if (userId !== undefined) log.info({ user_id: userId }, 'first administrator created');
    } else if ((await this.registration.status()).onboarding) {
      log.warn(
        `there is no account yet: the first one to sign up administers this installation, ` +
          `from another machine with the set-up secret ${this.setupSecret.value}`,
      );
    }
  }
}
