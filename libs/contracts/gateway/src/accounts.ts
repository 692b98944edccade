import { boundedJson, RoleSchema } from '@perennial/contracts-kernel';
import { z } from 'zod';
import { route } from './route';

/** Rights by area (`workspace`, `sharing`, `access_grants`, `chat`, `features`, `settings`), all booleans. */
export const PermissionsSchema = z.record(z.string(), z.record(z.string(), z.boolean()));
export type Permissions = z.infer<typeof PermissionsSchema>;

/** An account as its owner and the admin's dialogue see it after signing in. `expires_at` is epoch seconds, null: never. */
export const SessionUserSchema = z.object({
  token: z.string(),
  token_type: z.literal('Bearer'),
  expires_at: z.number().int().nullable(),
  id: z.uuid(),
  email: z.string(),
  name: z.string(),
  role: RoleSchema,
  profile_image_url: z.string(),
  permissions: PermissionsSchema,
});
export type SessionUser = z.infer<typeof SessionUserSchema>;

/** The session's own account with its profile. */
export const SessionProfileSchema = SessionUserSchema.extend({
  status_emoji: z.string().nullable(),
  status_message: z.string().nullable(),
  status_expires_at: z.number().nullable(),
  bio: z.string().nullable(),
  gender: z.string().nullable(),
  date_of_birth: z.string().nullable(),
});
export type SessionProfile = z.infer<typeof SessionProfileSchema>;

const email = z.email({ pattern: z.regexes.html5Email, message: 'must be an e-mail address' }).max(320);
const password = z.string().min(1, 'must not be empty').max(1024);
const newPassword = z.string().min(8, 'must have at least 8 characters').max(1024);
const name = z.string().trim().min(1, 'must not be empty').max(200);
/** An address or an inline picture (`data:`). */
const imageUrl = z.string().max(100_000, 'must not be longer than 100,000 characters (about 75 kB of picture)');

export const GET_SESSION = route({
  method: 'GET',
  path: '/api/v1/auths/',
  access: 'signed-in',
  reply: SessionProfileSchema,
});

/** 400 for a wrong address or password, never saying which; 429 after too many attempts. Sets the `token` cookie. */
export const SIGN_IN = route({
  method: 'POST',
  path: '/api/v1/auths/signin',
  access: 'public',
  body: z.object({ email, password }),
  reply: SessionUserSchema,
});

/**
 * The first account becomes the administrator; unless it is made on the machine itself, it takes the `setup_secret` from the log. 403 when
 * sign-up is off or the secret is wrong, 400 when the address is taken or the password is too common. Sets the `token` cookie.
 */
export const SIGN_UP = route({
  method: 'POST',
  path: '/api/v1/auths/signup',
  access: 'public',
  body: z.object({
    name,
    email,
    password: newPassword,
    profile_image_url: imageUrl.optional(),
    setup_secret: z.string().max(200).optional(),
  }),
  reply: SessionUserSchema,
});

/** Ends this session's token and clears the cookie; also fine without a session. */
export const SIGN_OUT = route({
  method: 'POST',
  path: '/api/v1/auths/signout',
  access: 'public',
  reply: z.object({ status: z.literal(true) }),
});

export const ADD_USER = route({
  method: 'POST',
  path: '/api/v1/auths/add',
  access: 'admin',
  body: z.object({
    name,
    email,
    password: newPassword,
    profile_image_url: imageUrl.optional(),
    role: RoleSchema.default('pending'),
  }),
  reply: SessionUserSchema.omit({ expires_at: true, permissions: true }),
});

export const UPDATE_TIMEZONE = route({
  method: 'POST',
  path: '/api/v1/auths/update/timezone',
  access: 'signed-in',
  body: z.object({ timezone: z.string().min(1, 'must not be empty').max(100) }),
  reply: z.object({ status: z.literal(true) }),
});

/** Ends every session of the account, this one as well. 400 when the old password is wrong. */
export const UPDATE_PASSWORD = route({
  method: 'POST',
  path: '/api/v1/auths/update/password',
  access: 'signed-in',
  body: z.object({ password, new_password: newPassword }),
  reply: z.boolean(),
});

export const UPDATE_PROFILE = route({
  method: 'POST',
  path: '/api/v1/auths/update/profile',
  access: 'user',
  body: z.object({
    name,
    profile_image_url: imageUrl,
    bio: z.string().max(10_000).nullish(),
    gender: z.string().max(100).nullish(),
    date_of_birth: z.string().max(40).nullish(),
  }),
  reply: z.object({
    id: z.uuid(),
    name: z.string(),
    email: z.string(),
    role: RoleSchema,
    profile_image_url: z.string(),
  }),
});

/** An account as the admin's list shows it. */
export const UserRowSchema = z.object({
  id: z.uuid(),
  email: z.string(),
  username: z.string().nullable(),
  role: RoleSchema,
  name: z.string(),
  profile_image_url: z.string(),
  profile_banner_image_url: z.string().nullable(),
  bio: z.string().nullable(),
  gender: z.string().nullable(),
  date_of_birth: z.string().nullable(),
  timezone: z.string().nullable(),
  presence_state: z.string().nullable(),
  status_emoji: z.string().nullable(),
  status_message: z.string().nullable(),
  status_expires_at: z.number().nullable(),
  info: z.record(z.string(), z.unknown()).nullable(),
  settings: z.record(z.string(), z.unknown()).nullable(),
  oauth: z.record(z.string(), z.unknown()).nullable(),
  scim: z.record(z.string(), z.unknown()).nullable(),
  last_active_at: z.number().int(),
  updated_at: z.number().int(),
  created_at: z.number().int(),
  group_ids: z.array(z.string()),
});
export type UserRow = z.infer<typeof UserRowSchema>;

const userId = z.object({ id: z.uuid('is not the id of a user') });

/** Pages of 30, `page` from 1. */
export const LIST_USERS = route({
  method: 'GET',
  path: '/api/v1/users/',
  access: 'admin',
  query: z.object({
    query: z.string().max(200).optional(),
    order_by: z.enum(['name', 'email', 'role', 'created_at', 'last_active_at']).catch('created_at'),
    direction: z.enum(['asc', 'desc']).catch('asc'),
    page: z.coerce.number().int().min(1).default(1),
  }),
  reply: z.object({ users: z.array(UserRowSchema), total: z.number().int() }),
});

/** Changing the role or the password ends the account's sessions. */
export const UPDATE_USER = route({
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
  }),
  reply: UserRowSchema,
});

/** Deletes the account and its chats, and ends its sessions. */
export const DELETE_USER = route({
  method: 'DELETE',
  path: '/api/v1/users/:id',
  access: 'admin',
  params: userId,
  reply: z.boolean(),
});

/** Free-form interface settings (`{ui: {…}}`), null when none were saved. */
export const UserSettingsSchema = z.record(z.string(), z.unknown());

export const GET_USER_SETTINGS = route({
  method: 'GET',
  path: '/api/v1/users/user/settings',
  access: 'user',
  reply: UserSettingsSchema.nullable(),
});

export const UPDATE_USER_SETTINGS = route({
  method: 'POST',
  path: '/api/v1/users/user/settings/update',
  access: 'user',
  body: boundedJson(),
  reply: UserSettingsSchema,
});
