import { Injectable } from '@nestjs/common';
import {
  INLINE_PICTURE_BYTES,
  picturePath,
  type SessionClaims,
  SessionClaimsSchema,
  sessions,
} from '@perennial/contracts-auth';
import { CallError } from '@perennial/contracts-kernel';
import type { User } from '@perennial/contracts-wire';
import { Rpc } from '@perennial/transport';
import { createVerifier } from 'fast-jwt';
import { LRUCache } from 'lru-cache';
import { Problem, sessionOver } from '../problem';
import { type Caller, principalOfUser } from './caller';
import { GATEWAY_PRINCIPAL } from './gateway-principal';
import type { Revocations } from './revocations';
import { isExpired } from './session-connections';

/** How long an account may be remembered; revocations end it within a second, this bounds what a changed name takes. */
const REMEMBER_MS = 60_000;
/** What remembered sessions may take of the process's memory. */
const REMEMBERED_BYTES = 32 * 1_024 * 1_024;
/** What a session takes beside its texts: objects, strings' headers, the cache's own entry. */
const SESSION_OVERHEAD_BYTES = 1_024;

/** Who a token belongs to: signature, expiry, revocations, then the account itself. */
@Injectable()
export class Sessions {
  private readonly verify: (token: string) => unknown;
  private readonly callers: LRUCache<string, Caller>;
  private readonly resolving = new Map<string, Promise<Caller>>();

  constructor(
    secretKey: string,
    private readonly revocations: Revocations,
    private readonly rpc: Rpc,
    rememberedBytes = REMEMBERED_BYTES,
  ) {
    this.callers = new LRUCache({ maxSize: rememberedBytes, sizeCalculation: sizeOf, ttl: REMEMBER_MS, perf: Date });
    this.verify = createVerifier({ key: secretKey, algorithms: ['HS256'] });
  }

  /** Rejects with a 401 problem, or with a CallError when the account cannot be asked for now. */
  async authenticate(token: string): Promise<Caller> {
    const known = this.callers.get(token);
    if (known !== undefined && !isExpired(known.claims) && !this.revocations.covers(known.claims)) return known;
    return this.fresh(token);
  }

  /** As `authenticate`, by the first of these tokens whose session is not over. */
  async authenticateAny(tokens: readonly string[]): Promise<Caller> {
    for (const token of tokens.slice(0, -1)) {
      try {
        return await this.authenticate(token);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
      }
    }
    return this.authenticate(tokens.at(-1) ?? '');
  }

  /** As `authenticate`, but asks for the account again. */
  async fresh(token: string): Promise<Caller> {
    const claims = this.claimsOf(token);
    if (claims === undefined || this.revocations.covers(claims)) throw sessionOver();
    const pending = this.resolving.get(token);
    if (pending !== undefined) return pending;
    const resolving = this.resolve(token, claims).finally(() => this.resolving.delete(token));
    this.resolving.set(token, resolving);
    return resolving;
  }

  /** Whose token this is, as far as it can be told without asking: signed by us, not expired, not known to be revoked. */
  ownerOf(token: string): string | undefined {
    const claims = this.callers.get(token)?.claims ?? this.claimsOf(token);
    return claims === undefined || isExpired(claims) || this.revocations.covers(claims) ? undefined : claims.id;
  }

  /** The next request of these people's sessions asks for the account again. */
  forget(userIds: ReadonlySet<string>): void {
    for (const [token, caller] of this.callers.entries()) if (userIds.has(caller.user.id)) this.callers.delete(token);
  }

  /** Drops the sessions that were not used of late: the cache itself only passes them over. */
  purge(): void {
    this.callers.purgeStale();
  }

  /** Sessions in memory, also those whose time is over until the next `purge`. */
  get remembered(): number {
    return this.callers.size;
  }

  private claimsOf(token: string): SessionClaims | undefined {
    try {
      return SessionClaimsSchema.parse(this.verify(token));
    } catch {
      return undefined;
    }
  }

  private async resolve(token: string, claims: SessionClaims): Promise<Caller> {
    try {
      const user = withoutPicture(await this.rpc.call(sessions.resolve, { claims }, { principal: GATEWAY_PRINCIPAL }));
      // The revocation may have been read while the answer was under way.
      if (this.revocations.covers(claims)) throw sessionOver();
      const caller: Caller = { user, claims, token, principal: principalOfUser(user, claims) };
      this.callers.set(token, caller);
      return caller;
    } catch (error) {
      if (error instanceof CallError && (error.code === 'UNAUTHENTICATED' || error.code === 'NOT_FOUND'))
        throw sessionOver();
      throw error;
    }
  }
}

/** A replica of the former version sends inline pictures along; they are not kept with each session. */
function withoutPicture(user: User): User {
  const { profile_image_url: url } = user;
  return url.length <= INLINE_PICTURE_BYTES ? user : { ...user, profile_image_url: picturePath(user.id) };
}

/** Bytes that a remembered session takes, about. */
function sizeOf({ user, token }: Caller): number {
  return SESSION_OVERHEAD_BYTES + token.length + Buffer.byteLength(JSON.stringify(user));
}
