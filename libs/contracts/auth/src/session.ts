import { defineNotice } from '@perennial/contracts-kernel';
import { z } from 'zod';

/**
 * Claims of a session token (JWT, HS256 with the shared secret). `iat` has millisecond precision (a NumericDate may be fractional), so that a
 * token issued right after a revocation differs from one issued right before.
 */
export const SessionClaimsSchema = z.object({
  id: z.uuid(),
  jti: z.string().max(200),
  iat: z.number(),
  exp: z.number().optional(),
});

export type SessionClaims = z.infer<typeof SessionClaimsSchema>;

/** One revocation. `session`: the token with this jti. `user`: every token of this user issued before `notBefore` (epoch milliseconds). */
export const RevocationSchema = z.object({
  sequence: z.number().int(),
  kind: z.enum(['session', 'user']),
  subject: z.string(),
  userId: z.uuid(),
  notBefore: z.number(),
  /**
   * Epoch seconds after which it may be forgotten, because every token that it revokes has expired; absent or null: never.
   */
  expiresAt: z.number().nullish(),
});

export type Revocation = z.infer<typeof RevocationSchema>;

/**
 * Sent by auth after a revocation has committed; every gateway reads the feed at once instead of at its next tick (1 s), so that tokens,
 * sockets and streams end within a second.
 */
export const TOKENS_REVOKED = defineNotice('auth.revoked', z.object({ sequence: z.number().int() }));
