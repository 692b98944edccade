import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Access } from '@perennial/contracts-gateway';
import { CallError } from '@perennial/contracts-kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { notSignedIn, Problem } from '../problem';
import type { Caller } from '../sessions/caller';
import { Sessions } from '../sessions/sessions';
import { AdmissionControl } from './admission-control';
import { mayReadByCookie, refuseForgery } from './csrf';
import { Origins } from './origins';
import { routeOf } from './route';
import { parseCredentials } from './token';
import { isTurn, TurnAdmission } from './turn-admission';

/** Admits a request by its route's declared access. A handler without a declaration is closed. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly sessions: Sessions,
    private readonly origins: Origins,
    private readonly admission: AdmissionControl,
    private readonly turns: TurnAdmission,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const access = routeOf(context.getHandler())?.access ?? 'admin';
    const { tokens: sent, from } = parseCredentials(request);
    refuseForgery(request, this.origins, from);
    const tokens = from === 'cookie' && !mayReadByCookie(request, this.origins) ? [] : sent;
    request.caller = access === 'public' ? await this.maybe(tokens) : await this.authenticate(tokens);
    if (request.caller !== undefined) {
      authorize(access, request.caller);
      // Its slots were released when it closed: nothing would release what it takes now.
      if (reply.raw.destroyed) throw new Problem(499, 'The caller disconnected.');
      request.slots?.push(this.admission.requestOf(request.caller.user.id));
      if (isTurn(request)) await this.admitTurn(request, request.caller);
    }
    return true;
  }

  private async admitTurn(request: FastifyRequest, { user }: Caller): Promise<void> {
    const { taken, leave, giveUp } = this.turns.admit(user.id);
    // Called for every reply, also one that nobody reads any more.
    request.leaveTurn = leave;
    request.slots?.push(giveUp);
    await taken;
  }

  private authenticate(tokens: readonly string[]): Promise<Caller> {
    if (tokens.length === 0) throw notSignedIn();
    return this.sessions.authenticateAny(tokens);
  }

  /** On a public route a session is optional, and an invalid one is ignored. */
  private async maybe(tokens: readonly string[]): Promise<Caller | undefined> {
    if (tokens.length === 0) return undefined;
    try {
      return await this.sessions.authenticateAny(tokens);
    } catch (error) {
      if (error instanceof Problem || error instanceof CallError) return undefined;
      throw error;
    }
  }
}

function authorize(access: Access, { user }: Caller): void {
  if (access === 'admin' && user.role !== 'admin')
    throw new Problem(403, 'Only an administrator may do this.').as('admin_only');
  if (access === 'user' && user.role === 'pending') {
    throw new Problem(403, 'Your account is waiting for an administrator to activate it.').as('account_pending');
  }
}
