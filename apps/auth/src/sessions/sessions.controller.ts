import { Controller } from '@nestjs/common';
import { revocations, sessions } from '@perennial/contracts-auth';
import { CallError, type CallParsedRequest, type CallReply, requireSignedIn } from '@perennial/contracts-kernel';
import { type CallContext, Handles } from '@perennial/transport';
import { SessionsService } from './sessions.service';
import { SignInService } from './sign-in.service';

@Controller()
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly signIns: SignInService,
  ) {}

  /** Without a session. */
  @Handles(sessions.signIn)
  signIn(
    request: CallParsedRequest<typeof sessions.signIn>,
    { delivery }: CallContext,
  ): Promise<CallReply<typeof sessions.signIn>> {
    return this.signIns.signIn(request, delivery > 1);
  }

  /** One's own sessions only. */
  @Handles(sessions.signOut)
  async signOut(
    request: CallParsedRequest<typeof sessions.signOut>,
    { principal, key }: CallContext,
  ): Promise<Record<string, never>> {
    if (principal.kind !== 'service' && requireSignedIn(principal).userId !== request.userId) {
      throw new CallError('PERMISSION_DENIED', 'Only the owner of a session may end it');
    }
    await this.sessions.signOut(request, key);
    return {};
  }

  /** The verified claims are the proof of the token. */
  @Handles(sessions.resolve)
  resolve({ claims }: CallParsedRequest<typeof sessions.resolve>): Promise<CallReply<typeof sessions.resolve>> {
    return this.sessions.resolve(claims);
  }

  /** Gateways only. */
  @Handles(revocations.since)
  since(
    { cursor }: CallParsedRequest<typeof revocations.since>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof revocations.since>> {
    if (principal.kind !== 'service')
      throw new CallError('PERMISSION_DENIED', 'Only services read the revocation feed');
    return this.sessions.since(cursor);
  }
}
