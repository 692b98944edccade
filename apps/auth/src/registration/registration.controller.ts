import { Controller } from '@nestjs/common';
import { ADD_USER, AUTH_STATUS, SIGN_UP } from '@perennial/contracts-auth';
import { requireAdmin, type CallParsedRequest, type CallReply } from '@perennial/contracts-kernel';
import { Handles, type CallContext } from '@perennial/transport';
import { RegistrationService } from './registration.service';

@Controller()
export class RegistrationController {
  constructor(private readonly registration: RegistrationService) {}

  /** For anyone: the front page needs it. */
  @Handles(AUTH_STATUS)
  status(): Promise<CallReply<typeof AUTH_STATUS>> {
    return this.registration.status();
  }

  /** For anyone. */
  @Handles(SIGN_UP)
  signUp(
    request: CallParsedRequest<typeof SIGN_UP>,
    { key, delivery }: CallContext,
  ): Promise<CallReply<typeof SIGN_UP>> {
    return this.registration.signUp(request, key, delivery > 1);
  }

  @Handles(ADD_USER)
  async add(
    request: CallParsedRequest<typeof ADD_USER>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof ADD_USER>> {
    return this.registration.add(requireAdmin(principal), request, key);
  }
}
