import { Controller } from '@nestjs/common';
import { RESOLVE_SESSION, REVOCATIONS_SINCE, SIGN_IN, SIGN_OUT } from '@perennial/contracts-auth';
import { CallError, requireSignedIn, type CallParsedRequest, type CallReply } from '@perennial/contracts-kernel';
import { Handles, type CallContext } from '@perennial/transport';
import { SessionsService } from './sessions.service';
import { SignInService } from './sign-in.service';

@Controller()
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly signIns: SignInService,
  ) {}

  /** For anyone: that is how one becomes somebody. */
  @Handles(SIGN_IN)
  signIn(request: CallParsedRequest<typeof SIGN_IN>): Promise<CallReply<typeof SIGN_IN>> {
    return this.signIns.signIn(request);
  }

  /** One's own sessions only. */
  @Handles(SIGN_OUT)
  async signOut(
    request: CallParsedRequest<typeof SIGN_OUT>,
    { principal, key }: CallContext,
  ): Promise<Record<string, never>> {
    if (principal.kind !== 'service' && requireSignedIn(principal).userId !== request.userId) {
      throw new CallError('PERMISSION_DENIED', 'Only the owner of a session may end it');
    }
    await this.sessions.signOut(request, key);
    return {};
  }

  /** The claims are the proof; whoever holds verified ones has the token. */
  @Handles(RESOLVE_SESSION)
  resolve({ claims }: CallParsedRequest<typeof RESOLVE_SESSION>): Promise<CallReply<typeof RESOLVE_SESSION>> {
    return this.sessions.resolve(claims);
  }

  /** Gateways only. */
  @Handles(REVOCATIONS_SINCE)
  since(
    { cursor }: CallParsedRequest<typeof REVOCATIONS_SINCE>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof REVOCATIONS_SINCE>> {
    if (principal.kind !== 'service')
      throw new CallError('PERMISSION_DENIED', 'Only services read the revocation feed');
    return this.sessions.since(cursor);
  }
}
