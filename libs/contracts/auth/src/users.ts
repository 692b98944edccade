import { boundedJson, defineCall, PlacementNameSchema, RoleSchema } from '@perennial/contracts-kernel';
import { UserSchema } from '@perennial/contracts-wire';
import { z } from 'zod';
import {
  attemptOrigin,
  EmailSchema,
  IssuedSessionSchema,
  PasswordSchema,
  PictureUrlSchema,
  UserNameSchema,
} from './user';

/**
 * Only needed for the first account. `local`: the client is on the machine of a gateway that listens on the loopback address only.
 */
const owner = { local: z.boolean().default(false), setupSecret: z.string().max(200).optional() };

/**
 * Creates an account. The first one becomes `admin`, exactly once however many replicas handle a sign-up at the same moment; it needs the
 * set-up secret unless it is created locally. Others get `DEFAULT_USER_ROLE`. `PERMISSION_DENIED` when sign-up is off, `ALREADY_EXISTS` when
 * the address is taken, `RESOURCE_EXHAUSTED`.
 */
export const signUp = defineCall({
  pattern: 'auth.users.signUp',
  effect: 'keyed',
  sealed: true,
  request: z.object({
    name: UserNameSchema,
    email: EmailSchema,
    password: PasswordSchema,
    profile_image_url: PictureUrlSchema.optional(),
    ...attemptOrigin,
    ...owner,
  }),
  reply: IssuedSessionSchema,
  deadlineMs: 10_000,
});

/** An admin creates an account (`auths/add`). No session starts, so the token is empty. */
export const add = defineCall({
  pattern: 'auth.users.add',
  effect: 'keyed',
  sealed: true,
  request: z.object({
    name: UserNameSchema,
    email: EmailSchema,
    password: PasswordSchema,
    profile_image_url: PictureUrlSchema.optional(),
    role: RoleSchema.default('pending'),
  }),
  reply: IssuedSessionSchema,
  deadlineMs: 10_000,
});

/**
 * A password as another product stored it: bcrypt, or Argon2 in PHC format. Higher costs than these would keep a thread for minutes. It is
 * replaced by a hash of our own at the first sign-in.
 */
const ImportedHashSchema = z
  .string()
  .max(200)
  .regex(
    /^(?:\$2[aby]\$(?:0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}|\$argon2id?\$v=19\$m=(?:[1-9]\d{2,4}|1[0-3]\d{4}),t=[1-9],p=[1-9]\$[A-Za-z0-9+/]{11,64}\$[A-Za-z0-9+/]{16,86})$/,
    'is not a bcrypt or Argon2 hash of a usual cost',
  );

const epochSeconds = z.number().int().min(0).max(1e11);

/**
 * Admin only. Takes over an account from another product with its id and password; nothing is asked of the password policy. An account
 * that is there already, by its id or its address, stays as it is: `created` is false, and `userId` is that account's.
 */
export const importAccount = defineCall({
  pattern: 'auth.users.importAccount',
  effect: 'keyed',
  sealed: true,
  request: z.object({
    userId: z.uuid(),
    name: UserNameSchema,
    email: EmailSchema,
    role: RoleSchema,
    passwordHash: ImportedHashSchema,
    profile_image_url: PictureUrlSchema.optional(),
    bio: z.string().max(10_000).nullish(),
    gender: z.string().max(100).nullish(),
    date_of_birth: z.string().max(40).nullish(),
    timezone: z.string().max(100).nullish(),
    createdAt: epochSeconds,
    lastActiveAt: epochSeconds,
    settings: boundedJson().nullish(),
  }),
  reply: z.object({ userId: z.uuid(), created: z.boolean() }),
});

/** What the page needs before anyone is signed in. */
export const status = defineCall({
  pattern: 'auth.users.status',
  effect: 'read',
  request: z.object({}),
  reply: z.object({ onboarding: z.boolean(), signUpEnabled: z.boolean() }),
});

/** Own account, or anyone's for an admin. `NOT_FOUND`. */
export const get = defineCall({
  pattern: 'auth.users.get',
  effect: 'read',
  request: z.object({ userId: z.uuid() }),
  reply: UserSchema,
});

/** The full picture of an account. Own account, or anyone's for an admin. `NOT_FOUND`. */
export const picture = defineCall({
  pattern: 'auth.users.picture',
  effect: 'read',
  request: z.object({ userId: z.uuid() }),
  // Larger than the limit of today, so that pictures saved earlier stay readable.
  reply: z.object({ url: z.string() }),
});

/** Admin only. Pages of 30, `page` from 1. */
export const list = defineCall({
  pattern: 'auth.users.list',
  effect: 'read',
  sealed: true,
  request: z.object({
    query: z.string().max(200).optional(),
    role: RoleSchema.optional(),
    orderBy: z.enum(['name', 'email', 'role', 'created_at', 'last_active_at']).default('created_at'),
    direction: z.enum(['asc', 'desc']).default('asc'),
    page: z.number().int().min(1).default(1),
  }),
  reply: z.object({ users: z.array(UserSchema), total: z.number().int() }),
});

/** Admin only. A change of role, password or placement ends the account's tokens. `INVALID_ARGUMENT` for a placement that is not declared. The last admin cannot be demoted (`FAILED_PRECONDITION`). */
export const update = defineCall({
  pattern: 'auth.users.update',
  effect: 'keyed',
  sealed: true,
  request: z.object({
    userId: z.uuid(),
    role: RoleSchema.optional(),
    name: UserNameSchema.optional(),
    email: EmailSchema.optional(),
    profile_image_url: PictureUrlSchema.optional(),
    password: PasswordSchema.optional(),
    placement: PlacementNameSchema.nullish(),
  }),
  reply: UserSchema,
  deadlineMs: 10_000,
});

/** Admin only; not oneself and not the last admin. Ends the account's tokens. `deleted` is false when there was no such account. */
export const remove = defineCall({
  pattern: 'auth.users.delete',
  effect: 'keyed',
  request: z.object({ userId: z.uuid() }),
  reply: z.object({ deleted: z.boolean() }),
});

export const updateProfile = defineCall({
  pattern: 'auth.users.updateProfile',
  effect: 'keyed',
  request: z.object({
    name: UserNameSchema,
    profile_image_url: PictureUrlSchema,
    bio: z.string().max(10_000).nullish(),
    gender: z.string().max(100).nullish(),
    date_of_birth: z.string().max(40).nullish(),
  }),
  reply: UserSchema,
});

export const updateTimezone = defineCall({
  pattern: 'auth.users.updateTimezone',
  effect: 'keyed',
  request: z.object({ timezone: z.string().min(1).max(100) }),
  reply: z.object({}),
});

/** `INVALID_ARGUMENT` when the old password is wrong. Ends all of the account's tokens. */
export const updatePassword = defineCall({
  pattern: 'auth.users.updatePassword',
  effect: 'keyed',
  sealed: true,
  request: z.object({ password: PasswordSchema, newPassword: PasswordSchema, address: z.string().max(256) }),
  reply: z.object({}),
  deadlineMs: 10_000,
});

/** The caller's free-form interface settings, `null` when none were saved. */
export const getSettings = defineCall({
  pattern: 'auth.users.getSettings',
  effect: 'read',
  request: z.object({}),
  reply: z.object({ settings: z.record(z.string(), z.unknown()).nullable() }),
});

export const updateSettings = defineCall({
  pattern: 'auth.users.updateSettings',
  effect: 'keyed',
  sealed: true,
  request: z.object({ settings: boundedJson() }),
  reply: z.object({ settings: z.record(z.string(), z.unknown()) }),
});
