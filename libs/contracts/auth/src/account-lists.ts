import { defineCall, RoleSchema } from '@perennial/contracts-kernel';
import { z } from 'zod';

/** Accounts that are read at a time. */
export const ACCOUNTS_PER_PAGE = 1_000;

/** Admin only. All accounts, a page at a time, ordered by id; `after` is the last id of the page before. Fewer than a page: the last one. */
export const page = defineCall({
  pattern: 'auth.accountLists.page',
  effect: 'read',
  request: z.object({ after: z.uuid().optional() }),
  reply: z.object({
    accounts: z.array(
      z.object({
        id: z.uuid(),
        name: z.string(),
        email: z.string(),
        role: RoleSchema,
        createdAt: z.number().int(),
        lastActiveAt: z.number().int(),
      }),
    ),
  }),
});

/** A line of a list, in which anything may stand. Without a role the account gets that of a sign-up. */
const ListedAccountSchema = z.object({
  name: z.string().max(1_000),
  email: z.string().max(1_000),
  role: z.string().max(100).default(''),
  password: z.string().max(1_024).default(''),
});

/** `existing` ones stay as they are. `reason` is of a `refused` one. */
const ListedResultSchema = z.object({
  outcome: z.enum(['new', 'added', 'existing', 'refused']),
  reason: z.enum(['no_name', 'bad_email', 'bad_role', 'no_password', 'weak_password']).optional(),
});

export type ListedResult = z.infer<typeof ListedResultSchema>;

/** Admin only. What `add` would do with each line; a line may still be without a password. */
export const check = defineCall({
  pattern: 'auth.accountLists.check',
  effect: 'read',
  sealed: true,
  request: z.object({ accounts: z.array(ListedAccountSchema).max(500) }),
  reply: z.object({ results: z.array(ListedResultSchema) }),
});

/**
 * Admin only. Adds accounts; few at a time, because each password is hashed, one after the other, so that sign-ins are not held up. Repeated
 * with another key it finds those that it has added, and leaves them.
 */
export const add = defineCall({
  pattern: 'auth.accountLists.add',
  effect: 'keyed',
  sealed: true,
  request: z.object({ accounts: z.array(ListedAccountSchema).max(25) }),
  reply: z.object({ results: z.array(ListedResultSchema) }),
  deadlineMs: 20_000,
});
