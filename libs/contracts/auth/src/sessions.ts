import { defineCall } from '@perennial/contracts-kernel';
import { UserSchema } from '@perennial/contracts-wire';
import { z } from 'zod';
import { SessionClaimsSchema } from './session';
import { attemptOrigin, EmailSchema, IssuedSessionSchema, PasswordSchema } from './user';

/** `INVALID_ARGUMENT` for a wrong address or password (never which), `RESOURCE_EXHAUSTED` per account and address across replicas. */
export const signIn = defineCall({
  pattern: 'auth.sessions.signIn',
  effect: 'read',
  sealed: true,
  request: z.object({ email: EmailSchema, password: PasswordSchema, ...attemptOrigin }),
  reply: IssuedSessionSchema,
  deadlineMs: 10_000,
});

/** Revokes one token. `expiresAt` (epoch seconds) bounds how long the revocation is kept; null: the token never expires. */
export const signOut = defineCall({
  pattern: 'auth.sessions.signOut',
  effect: 'keyed',
  request: z.object({ jti: z.string().max(200), userId: z.uuid(), expiresAt: z.number().nullable() }),
  reply: z.object({}),
});

/** The account behind verified claims; `UNAUTHENTICATED` when it was deleted or the token was revoked. */
export const resolve = defineCall({
  pattern: 'auth.sessions.resolve',
  effect: 'read',
  request: z.object({ claims: SessionClaimsSchema }),
  reply: UserSchema,
});
