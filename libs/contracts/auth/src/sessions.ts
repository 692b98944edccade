import { defineCall, defineNotice } from '@perennial/contracts-kernel';
import { z } from 'zod';
import { attemptOrigin, EmailSchema, IssuedSessionSchema, PasswordSchema, UserSchema } from './users';

/**
 * Claims of a session token (JWT, HS256 with the shared secret). `iat` has millisecond precision (a NumericDate may be fractional), so that a
 * token issued right after a revocation is told from one issued right before.
 */
export const SessionClaimsSchema = z.object({
  id: z.uuid(),
  jti: z.string().max(200),
  iat: z.number(),
  exp: z.number().optional(),
});
export type SessionClaims = z.infer<typeof SessionClaimsSchema>;

/** `INVALID_ARGUMENT` for a wrong address or password (never which), `RATE_LIMITED` per account and address across replicas. */
export const SIGN_IN = defineCall({
  pattern: 'auth.sessions.signIn',
  effect: 'read',
  sealed: true,
  request: z.object({ email: EmailSchema, password: PasswordSchema, ...attemptOrigin }),
  reply: IssuedSessionSchema,
  deadlineMs: 10_000,
});

/** Revokes one token. `expiresAt` (epoch seconds) bounds how long the revocation is kept; null: the token never expires. */
export const SIGN_OUT = defineCall({
  pattern: 'auth.sessions.signOut',
  effect: 'keyed',
  request: z.object({ jti: z.string().max(200), userId: z.uuid(), expiresAt: z.number().nullable() }),
  reply: z.object({}),
});

/** The account behind verified claims; `UNAUTHENTICATED` when it was deleted or the token was revoked. */
export const RESOLVE_SESSION = defineCall({
  pattern: 'auth.sessions.resolve',
  effect: 'read',
  request: z.object({ claims: SessionClaimsSchema }),
  reply: UserSchema,
});

/** One revocation. `session`: the token with this jti. `user`: every token of this user issued before `notBefore` (epoch milliseconds). */
export const RevocationSchema = z.object({
  sequence: z.number().int(),
  kind: z.enum(['session', 'user']),
  subject: z.string(),
  userId: z.uuid(),
  notBefore: z.number(),
  /** Epoch seconds after which it may be forgotten, because no token is left that it could end; absent or null: never. */
  expiresAt: z.number().nullish(),
});
export type Revocation = z.infer<typeof RevocationSchema>;

/** The revocation feed, in order and without holes, from after `cursor` (0: all that still matter). At most 1,000 a call. */
export const REVOCATIONS_SINCE = defineCall({
  pattern: 'auth.revocations.since',
  effect: 'read',
  request: z.object({ cursor: z.number().int() }),
  reply: z.object({ cursor: z.number().int(), revocations: z.array(RevocationSchema) }),
  deadlineMs: 2_000,
});

/**
 * Sent by auth after a revocation has committed; every gateway reads the feed at once instead of at its next tick (1 s), so that tokens,
 * sockets and streams end within a second.
 */
export const TOKENS_REVOKED = defineNotice('auth.revoked', z.object({ sequence: z.number().int() }));
