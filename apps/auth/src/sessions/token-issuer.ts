import { createHmac } from 'node:crypto';
import type { SessionClaims } from '@perennial/contracts-auth';

const HEADER = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'JWT' })).toString('base64url');

/** Content of a token; enough to create the same token again (a repeated call must get the same reply). */
export interface SessionStamp {
  userId: string;
  jti: string;
  /** Epoch milliseconds by the database's clock, which also dates revocations. */
  issuedAt: number;
}

/**
 * Signs session tokens. By hand, because fast-jwt's signer cuts `iat` to whole seconds, and a token issued right after a revocation must
 * differ from one issued right before; gateways verify with fast-jwt.
 */
export class TokenIssuer {
  /** @param lifetime seconds, `null` for tokens that never expire */
  constructor(
    private readonly secretKey: string,
    readonly lifetime: number | null,
  ) {}

  /** The token of a stamp, always the same, and its expiry (epoch seconds). */
  issue(stamp: SessionStamp): { token: string; expiresAt: number | null } {
    const expiresAt = this.lifetime === null ? null : Math.floor(stamp.issuedAt / 1000) + this.lifetime;
    const claims: SessionClaims = {
      id: stamp.userId,
      jti: stamp.jti,
      iat: stamp.issuedAt / 1000,
      ...(expiresAt === null ? {} : { exp: expiresAt }),
    };
    const signed = `${HEADER}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
    const signature = createHmac('sha256', this.secretKey).update(signed).digest('base64url');
    return { token: `${signed}.${signature}`, expiresAt };
  }
}
