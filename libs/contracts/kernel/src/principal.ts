import { z } from 'zod';
import { PlacementNameSchema } from './placement';

export const RoleSchema = z.enum(['admin', 'user', 'pending']);
export type Role = z.infer<typeof RoleSchema>;

/** On whose behalf a call is made. Every repository method that reads a user's rows takes one. */
export const PrincipalSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('user'),
    userId: z.uuid(),
    role: RoleSchema,
    sessionId: z.string(),
    /** Where the user's new data goes, and which model servers may see it; absent: the installation's own stores, every server. */
    placement: PlacementNameSchema.optional(),
  }),
  z.object({ kind: z.literal('service'), name: z.string() }),
  z.object({ kind: z.literal('anonymous') }),
]);
export type Principal = z.infer<typeof PrincipalSchema>;
export type UserPrincipal = Extract<Principal, { kind: 'user' }>;

export const ANONYMOUS: Principal = { kind: 'anonymous' };
