import { Injectable } from '@nestjs/common';
import { type SessionClaims, SessionClaimsSchema, sessions } from '@perennial/contracts-auth';
import { CallError } from '@perennial/contracts-kernel';
import { type SecretKeys, VersionedCache } from '@perennial/runtime';
import { Rpc } from '@perennial/transport';
import { createVerifier } from 'fast-jwt';
import { Problem, sessionOver } from '../problem';
import { type Caller, principalOfUser } from './caller';
import type { FeedCurrency } from './feed-currency';
import { GATEWAY_PRINCIPAL } from './gateway-principal';
import type { Revocations } from './revocations';
import { isExpired } from './session-connections';

/** How long an account is cached; revocations end it within a second, this limits how long a changed name takes. */
const REMEMBER_MS = 60_000;
/** Memory for cached sessions, in bytes. */
const REMEMBERED_BYTES = 32 * 1_024 * 1_024;
/** Bytes of a session besides its texts: objects, strings' headers, the cache's own entry. */
const SESSION_OVERHEAD_BYTES = 1_024;

/** The account of a token: checks signature, expiry and revocations, then fetches the account. */
@Injectable()
export class Sessions {
  private readonly verifiers: readonly ((token: string) => unknown)[];
  private readonly callers: VersionedCache<Caller>;

  constructor(
    secretKeys: SecretKeys,
    private readonly revocations: Revocations,
    private readonly currency: FeedCurrency,
    private readonly rpc: Rpc,
    rememberedBytes = REMEMBERED_BYTES,
  ) {
    this.callers = new VersionedCache({ maxAgeMs: REMEMBER_MS, limit: { size: rememberedBytes, sizeOf } });
    this.verifiers = secretKeys.map((key) => createVerifier({ key, algorithms: ['HS256'] }));
  }

  /** Rejects with a 401 problem, or with a CallError when the account cannot be fetched now. */
  async authenticate(token: string): Promise<Caller> {
    const known = this.callers.peek(token);
    if (known === undefined || isExpired(known.claims)) return this.fresh(token);
    if (!this.currency.isCurrent) await this.currency.renew();
    // An account that was changed meanwhile is no longer remembered.
    return this.callers.peek(token) === known && !this.revocations.covers(known.claims) ? known : this.fresh(token);
  }

  /** As `authenticate`, with the first of these tokens whose session is valid. */
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

  /** As `authenticate`, but fetches the account again. */
  async fresh(token: string): Promise<Caller> {
    const claims = this.claimsOf(token);
    if (claims === undefined || this.revocations.covers(claims)) throw sessionOver();
    return this.callers.load(token, () => this.resolve(token, claims));
  }

  /** The user of this token, checked without a call: signed by us, not expired, not known to be revoked. */
  ownerOf(token: string): string | undefined {
    const claims = this.callers.peek(token)?.claims ?? this.claimsOf(token);
    return claims === undefined || isExpired(claims) || this.revocations.covers(claims) ? undefined : claims.id;
  }

  /** Makes the next request of these users' sessions fetch the account again. */
  forget(userIds: ReadonlySet<string>): void {
    this.callers.forget(({ user }) => userIds.has(user.id));
  }

  /** Drops expired entries: the cache itself only skips them. */
  purge(): void {
    this.callers.purge();
  }

  /** Sessions in memory, including expired ones until the next `purge`. */
  get remembered(): number {
    return this.callers.size;
  }

  private claimsOf(token: string): SessionClaims | undefined {
    for (const verify of this.verifiers) {
      try {
        return SessionClaimsSchema.parse(verify(token));
      } catch {
        // Not signed with this key, expired or malformed.
      }
    }
    return undefined;
  }

  private async resolve(token: string, claims: SessionClaims): Promise<Caller> {
    try {
      const user = await this.rpc.call(sessions.resolve, { claims }, { principal: GATEWAY_PRINCIPAL });
      // The revocation may have arrived during the call.
      if (this.revocations.covers(claims)) throw sessionOver();
      return { user, claims, token, principal: principalOfUser(user, claims) };
    } catch (error) {
      if (error instanceof CallError && (error.code === 'UNAUTHENTICATED' || error.code === 'NOT_FOUND'))
        throw sessionOver();
      throw error;
    }
  }
}

/** Approximate bytes of a cached session. */
function sizeOf({ user, token }: Caller): number {
  return SESSION_OVERHEAD_BYTES + token.length + Buffer.byteLength(JSON.stringify(user));
}
