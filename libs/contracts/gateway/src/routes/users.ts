import { boundedJson, PlacementNameSchema, RoleSchema } from '@perennial/contracts-kernel';
import { UserRowSchema, UserSettingsSchema } from '@perennial/contracts-wire';
import { z } from 'zod';
import { route } from '../route';

/** Pages of 30, `page` from 1. `role` is ours. */
export const list = route({
  method: 'GET',
  path: '/api/v1/users/',
  access: 'admin',
  query: z.object({
    query: z.string().max(200).optional(),
    role: RoleSchema.optional().catch(undefined),
    order_by: z.enum(['name', 'email', 'role', 'created_at', 'last_active_at']).catch('created_at'),
    direction: z.enum(['asc', 'desc']).catch('asc'),
    page: z.coerce.number().int().min(1).default(1),
  }),
  reply: z.object({ users: z.array(UserRowSchema), total: z.number().int() }),
});

/** All accounts as CSV, without anything about their passwords. */
export const exportCsv = route({
  method: 'GET',
  path: '/api/v1/users/export',
  access: 'admin',
  reply: z.string(),
  replyType: 'text/csv',
});

/** A line of a list of accounts, in which anything may stand; without a role the account gets that of a sign-up. */
const listedUser = z.object({
  name: z.string().max(1_000),
  email: z.string().max(1_000),
  role: z.string().max(100).default(''),
  password: z.string().max(1_024).default(''),
});

/** What becomes of each line, in their order. */
const listed = z.object({
  results: z.array(
    z.object({
      outcome: z.enum(['new', 'added', 'existing', 'refused']),
      reason: z.enum(['no_name', 'bad_email', 'bad_role', 'no_password', 'weak_password']).optional(),
    }),
  ),
});

/** What an import would do; a line may still be without a password. */
export const checkImport = route({
  method: 'POST',
  path: '/api/v1/users/import/check',
  access: 'admin',
  body: z.object({ users: z.array(listedUser).max(500) }),
  reply: listed,
});

/** Adds accounts, at most 25 at a time. One that is there already stays as it is, so an import that broke off is done again. */
export const importUsers = route({
  method: 'POST',
  path: '/api/v1/users/import',
  access: 'admin',
  body: z.object({ users: z.array(listedUser).max(25) }),
  reply: listed,
});

const userId = z.object({ id: z.uuid('is not the id of a user') });

const name = z.string().trim().min(1, 'must not be empty').max(200);

const email = z.email({ pattern: z.regexes.html5Email, message: 'must be an e-mail address' }).max(320);

/** An address or an inline picture (`data:`). */
const imageUrl = z.string().max(100_000, 'must not be longer than 100,000 characters (about 75 kB of picture)');

/** Changing the role, the password or the placement (null: none) ends the account's sessions. */
export const update = route({
  method: 'POST',
  path: '/api/v1/users/:id/update',
  access: 'admin',
  params: userId,
  body: z.object({
    role: RoleSchema.optional(),
    name: name.optional(),
    email: email.optional(),
    profile_image_url: imageUrl.optional(),
    password: z
      .string()
      .max(1024)
      .refine((value) => value === '' || value.length >= 8, 'must have at least 8 characters')
      .nullish(),
    placement: PlacementNameSchema.nullish(),
  }),
  reply: UserRowSchema,
});

/** Deletes the account and its chats, and ends its sessions. */
export const remove = route({
  method: 'DELETE',
  path: '/api/v1/users/:id',
  access: 'admin',
  params: userId,
  reply: z.boolean(),
});

export const settings = route({
  method: 'GET',
  path: '/api/v1/users/user/settings',
  access: 'user',
  reply: UserSettingsSchema.nullable(),
});

export const updateSettings = route({
  method: 'POST',
  path: '/api/v1/users/user/settings/update',
  access: 'user',
  body: boundedJson(),
  reply: UserSettingsSchema,
});
