import { Controller } from '@nestjs/common';
import { users } from '@perennial/contracts-auth';
import { type CallParsedRequest, type CallReply, requireAdmin } from '@perennial/contracts-kernel';
import { type CallContext, Handles } from '@perennial/transport';
import { AccountImporter } from './account-importer';
import { RegistrationService } from './registration.service';

@Controller()
export class RegistrationController {
  constructor(
    private readonly registration: RegistrationService,
    private readonly importer: AccountImporter,
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
}
