import { Controller, Inject, Req, Res } from '@nestjs/common';
import { type IssuedSession, sessions, users } from '@perennial/contracts-auth';
import { type RouteInput, type RouteReply, routes } from '@perennial/contracts-gateway';
import { ANONYMOUS } from '@perennial/contracts-kernel';
import type { SessionProfile, SessionUser } from '@perennial/contracts-wire';
import { Rpc } from '@perennial/transport';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GATEWAY_ENV, type GatewayEnv } from '../../env';
import { attemptOrigin, isLocalClient, setDeviceCookie } from '../../http/attempt-origin';
import { CurrentUser, Route, ValidatedInput } from '../../http/route';
import { clearSessionCookie, setSessionCookie } from '../../http/token';
import { withStatuses } from '../../problem';
import type { Caller } from '../../sessions/caller';
import { RevocationFeed } from '../../sessions/revocation-feed';
import { Sessions } from '../../sessions/sessions';
import { SettingsCache } from '../configs/settings-cache';
import { sessionUserOf, toSessionProfile } from './session-user';

@Controller()
export class AuthsController {
  constructor(
    private readonly rpc: Rpc,
    private readonly sessions: Sessions,
    private readonly feed: RevocationFeed,
    private readonly settings: SettingsCache,
    @Inject(GATEWAY_ENV) private readonly env: GatewayEnv,
  ) {}

  /** Fetches the account and refreshes the cookie: a page checks its session this way. */
  @Route(routes.auths.session)
  async session(
    @CurrentUser() { token }: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionProfile> {
    const { user, claims } = await this.sessions.fresh(token);
    const expiresAt = claims.exp ?? null;
    setSessionCookie(request, reply, token, expiresAt);
    return toSessionProfile(user, token, expiresAt);
  }

  @Route(routes.auths.signIn)
  async signIn(
    @ValidatedInput() { body }: RouteInput<typeof routes.auths.signIn>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionUser> {
    const call = this.rpc.call(sessions.signIn, { ...body, ...attemptOrigin(request) }, { principal: ANONYMOUS });
    return beginSession(await withStatuses({ UNAUTHENTICATED: 400 }, call), request, reply);
  }

  @Route(routes.auths.signUp)
  async signUp(
    @ValidatedInput() { body }: RouteInput<typeof routes.auths.signUp>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionUser> {
    const { setup_secret: setupSecret, ...account } = body;
    const local = isLocalClient(request, this.env.HOST);
    const registration = { ...account, ...attemptOrigin(request), local, setupSecret };
    const call = this.rpc.call(users.signUp, registration, { principal: ANONYMOUS });
    const issued = await withStatuses({ ALREADY_EXISTS: 400 }, call);
    this.settings.forgetAuthStatus();
    return beginSession(issued, request, reply);
  }

  @Route(routes.auths.signOut)
  async signOut(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RouteReply<typeof routes.auths.signOut>> {
    const { caller } = request;
    if (caller !== undefined) {
      const { id: userId, jti, exp } = caller.claims;
      await this.rpc.call(sessions.signOut, { jti, userId, expiresAt: exp ?? null }, { principal: caller.principal });
      await this.feed.catchUp(userId);
    }
    clearSessionCookie(request, reply);
    return { status: true };
  }

  @Route(routes.auths.updatePassword)
  async updatePassword(
    @CurrentUser() { principal }: Caller,
    @ValidatedInput() { body }: RouteInput<typeof routes.auths.updatePassword>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<boolean> {
    const change = { password: body.password, newPassword: body.new_password, address: request.ip };
    await this.rpc.call(users.updatePassword, change, { principal });
    await this.feed.catchUp(principal.userId);
    clearSessionCookie(request, reply);
    return true;
  }

  @Route(routes.auths.updateProfile)
  async updateProfile(
    @CurrentUser() { principal }: Caller,
    @ValidatedInput() { body }: RouteInput<typeof routes.auths.updateProfile>,
  ): Promise<RouteReply<typeof routes.auths.updateProfile>> {
    const { id, name, email, role, profile_image_url } = await this.rpc.call(users.updateProfile, body, { principal });
    this.sessions.forget(new Set([id]));
    return { id, name, email, role, profile_image_url };
  }
}

/** Sets the cookies of a new session and returns the reply. */
function beginSession(issued: IssuedSession, request: FastifyRequest, reply: FastifyReply): SessionUser {
  const { user, token, expiresAt, device } = issued;
  setSessionCookie(request, reply, token, expiresAt);
  if (device !== undefined) setDeviceCookie(request, reply, device);
  return sessionUserOf(user, token, expiresAt);
}
