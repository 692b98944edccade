import { Controller, Inject, Req, Res } from '@nestjs/common';
import {
  ADD_USER as CREATE_USER,
  SIGN_IN as OPEN_SESSION,
  SIGN_OUT as CLOSE_SESSION,
  SIGN_UP as REGISTER,
  UPDATE_PASSWORD as CHANGE_PASSWORD,
  UPDATE_PROFILE as CHANGE_PROFILE,
  UPDATE_TIMEZONE as CHANGE_TIMEZONE,
} from '@perennial/contracts-auth';
import {
  ADD_USER,
  GET_SESSION,
  SIGN_IN,
  SIGN_OUT,
  SIGN_UP,
  UPDATE_PASSWORD,
  UPDATE_PROFILE,
  UPDATE_TIMEZONE,
  type RouteInput,
  type RouteReply,
  type SessionProfile,
  type SessionUser,
} from '@perennial/contracts-gateway';
import { ANONYMOUS } from '@perennial/contracts-kernel';
import { Rpc } from '@perennial/transport';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SettingsCache } from '../configs/settings-cache';
import { attemptOrigin, isLocalClient } from '../edge/attempt-origin';
import type { Caller } from '../edge/caller';
import { Endpoint, From, Input } from '../edge/endpoint';
import { withStatuses } from '../edge/problem';
import { clearSessionCookie, setSessionCookie } from '../edge/token';
import { GATEWAY_ENV, type GatewayEnv } from '../env';
import { RevocationFeed } from '../sessions/revocation-feed';
import { Sessions } from '../sessions/sessions';
import { beginSession } from './begin-session';
import { sessionProfileOf, sessionUserOf } from './session-user';

@Controller()
export class AuthsController {
  constructor(
    private readonly rpc: Rpc,
    private readonly sessions: Sessions,
    private readonly feed: RevocationFeed,
    private readonly settings: SettingsCache,
    @Inject(GATEWAY_ENV) private readonly env: GatewayEnv,
  ) {}

  /** Asks for the account anew, and refreshes the cookie: this is how a page checks its session. */
  @Endpoint(GET_SESSION)
  async session(
    @From() { token }: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionProfile> {
    const { user, claims } = await this.sessions.fresh(token);
    const expiresAt = claims.exp ?? null;
    setSessionCookie(request, reply, token, expiresAt);
    return sessionProfileOf(user, token, expiresAt);
  }

  @Endpoint(SIGN_IN)
  async signIn(
    @Input() { body }: RouteInput<typeof SIGN_IN>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionUser> {
    const call = this.rpc.call(OPEN_SESSION, { ...body, ...attemptOrigin(request) }, { principal: ANONYMOUS });
    return beginSession(await withStatuses({ UNAUTHENTICATED: 400 }, call), request, reply);
  }

  @Endpoint(SIGN_UP)
  async signUp(
    @Input() { body }: RouteInput<typeof SIGN_UP>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionUser> {
    const { setup_secret: setupSecret, ...account } = body;
    const local = isLocalClient(request, this.env.HOST);
    const registration = { ...account, ...attemptOrigin(request), local, setupSecret };
    const call = this.rpc.call(REGISTER, registration, { principal: ANONYMOUS });
    const issued = await withStatuses({ ALREADY_EXISTS: 400 }, call);
    this.settings.forgetAuthStatus();
    return beginSession(issued, request, reply);
  }

  @Endpoint(SIGN_OUT)
  async signOut(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RouteReply<typeof SIGN_OUT>> {
    const { caller } = request;
    if (caller !== undefined) {
      const { id: userId, jti, exp } = caller.claims;
      await this.rpc.call(CLOSE_SESSION, { jti, userId, expiresAt: exp ?? null }, { principal: caller.principal });
      await this.feed.catchUp(userId);
    }
    clearSessionCookie(request, reply);
    return { status: true };
  }

  /** Nobody gets a session of somebody else: the token is empty. */
  @Endpoint(ADD_USER)
  async addUser(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof ADD_USER>,
  ): Promise<RouteReply<typeof ADD_USER>> {
    const { user } = await withStatuses({ ALREADY_EXISTS: 400 }, this.rpc.call(CREATE_USER, body, { principal }));
    const { expires_at: _, permissions: __, ...row } = sessionUserOf(user, '', null);
    return row;
  }

  @Endpoint(UPDATE_TIMEZONE)
  async updateTimezone(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof UPDATE_TIMEZONE>,
  ): Promise<RouteReply<typeof UPDATE_TIMEZONE>> {
    await this.rpc.call(CHANGE_TIMEZONE, body, { principal });
    return { status: true };
  }

  @Endpoint(UPDATE_PASSWORD)
  async updatePassword(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof UPDATE_PASSWORD>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<boolean> {
    const change = { password: body.password, newPassword: body.new_password, address: request.ip };
    await this.rpc.call(CHANGE_PASSWORD, change, { principal });
    await this.feed.catchUp(principal.userId);
    clearSessionCookie(request, reply);
    return true;
  }

  @Endpoint(UPDATE_PROFILE)
  async updateProfile(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof UPDATE_PROFILE>,
  ): Promise<RouteReply<typeof UPDATE_PROFILE>> {
    const { id, name, email, role, profile_image_url } = await this.rpc.call(CHANGE_PROFILE, body, { principal });
    this.sessions.forget(new Set([id]));
    return { id, name, email, role, profile_image_url };
  }
}
