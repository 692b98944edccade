import { boundedJson, defineCall, RoleSchema } from '@perennial/contracts-kernel';
import { z } from 'zod';

/** The longest picture address that travels with an account, in bytes; longer ones (inline pictures) are kept apart. */
export const INLINE_PICTURE_BYTES = 2_048;
/** The largest picture that is taken in: the characters of its address or data URL. */
export const PICTURE_MAX_CHARS = 100_000;

/** The longest `device` of a session; what is longer was not made by us. */
export const DEVICE_MAX_CHARS = 1_000;

/** What stands for a picture that is kept apart: where the gateway serves it. Given back in a change, it leaves the picture as it is. */
export const picturePath = (userId: string): string => `/api/v1/users/${userId}/profile/image`;

/** A person's account as other services see it. Times are epoch seconds. Never holds a password hash. */
export const UserSchema = z.object({
  id: z.uuid(),
  email: z.string(),
  name: z.string(),
  role: RoleSchema,
  profile_image_url: z.string(),
  bio: z.string().nullable(),
  gender: z.string().nullable(),
  date_of_birth: z.string().nullable(),
  timezone: z.string().nullable(),
  last_active_at: z.number().int(),
  created_at: z.number().int(),
  updated_at: z.number().int(),
});
export type User = z.infer<typeof UserSchema>;

/**
 * A signed token and whose it is; what sign-in, sign-up and an admin's add answer. `expiresAt` is epoch seconds. `device` is for the
 * browser to keep and to send with its next sign-in.
 */
export const IssuedSessionSchema = z.object({
  user: UserSchema,
  token: z.string(),
  expiresAt: z.number().int().nullable(),
  device: z.string().optional(),
});
export type IssuedSession = z.infer<typeof IssuedSessionSchema>;

/** Where an attempt comes from. `addressShared`: the address is a proxy's, and the client's own is not known. */
const origin = {
  address: z.string().max(256),
  addressShared: z.boolean().default(false),
  /** What an earlier sign-in gave this browser. */
  device: z.string().max(DEVICE_MAX_CHARS).optional(),
};

/** Only the first account asks for these. `local`: the client is on the machine of a gateway that listens on the loopback address only. */
const owner = { local: z.boolean().default(false), setupSecret: z.string().max(200).optional() };

const email = z
  .email({ pattern: z.regexes.html5Email })
  .max(320)
  .transform((value) => value.toLowerCase());
const password = z.string().min(1).max(1024);
const name = z.string().trim().min(1).max(200);
const imageUrl = z.string().max(PICTURE_MAX_CHARS);

/**
 * Creates an account. The very first one becomes `admin`, exactly once however many replicas are asked at the same moment; it takes the
 * set-up secret unless it is made locally. The others get `DEFAULT_USER_ROLE`. `PERMISSION_DENIED` when sign-up is off, `ALREADY_EXISTS` when the address is taken, `RATE_LIMITED`.
 */
export const SIGN_UP = defineCall({
  pattern: 'auth.users.signUp',
  effect: 'keyed',
  sealed: true,
  request: z.object({ name, email, password, profile_image_url: imageUrl.optional(), ...origin, ...owner }),
  reply: IssuedSessionSchema,
  deadlineMs: 10_000,
});

/** An admin creates an account (`auths/add`); no session of it is begun, so the token is empty. */
export const ADD_USER = defineCall({
  pattern: 'auth.users.add',
  effect: 'keyed',
  sealed: true,
  request: z.object({
    name,
    email,
    password,
    profile_image_url: imageUrl.optional(),
    role: RoleSchema.default('pending'),
  }),
  reply: IssuedSessionSchema,
  deadlineMs: 10_000,
});

/** What the front page must know before anyone is signed in. */
export const AUTH_STATUS = defineCall({
  pattern: 'auth.users.status',
  effect: 'read',
  request: z.object({}),
  reply: z.object({ onboarding: z.boolean(), signUpEnabled: z.boolean() }),
});

/** Own account, or anyone's for an admin. `NOT_FOUND`. */
export const GET_USER = defineCall({
  pattern: 'auth.users.get',
  effect: 'read',
  request: z.object({ userId: z.uuid() }),
  reply: UserSchema,
});

/** The picture of an account as it was saved, also a large one. Own account, or anyone's for an admin. `NOT_FOUND`. */
export const GET_PICTURE = defineCall({
  pattern: 'auth.users.picture',
  effect: 'read',
  request: z.object({ userId: z.uuid() }),
  // Larger than what is taken in today: pictures that were saved before stay readable.
  reply: z.object({ url: z.string() }),
});

/** Admin only. Pages of 30, `page` from 1. */
export const LIST_USERS = defineCall({
  pattern: 'auth.users.list',
  effect: 'read',
  sealed: true,
  request: z.object({
    query: z.string().max(200).optional(),
    orderBy: z.enum(['name', 'email', 'role', 'created_at', 'last_active_at']).default('created_at'),
    direction: z.enum(['asc', 'desc']).default('asc'),
    page: z.number().int().min(1).default(1),
  }),
  reply: z.object({ users: z.array(UserSchema), total: z.number().int() }),
});

/** Admin only. A change of role or password ends the account's tokens. The last admin cannot be demoted (`FAILED_PRECONDITION`). */
export const UPDATE_USER = defineCall({
  pattern: 'auth.users.update',
  effect: 'keyed',
  sealed: true,
  request: z.object({
    userId: z.uuid(),
    role: RoleSchema.optional(),
    name: name.optional(),
    email: email.optional(),
    profile_image_url: imageUrl.optional(),
    password: password.optional(),
  }),
  reply: UserSchema,
  deadlineMs: 10_000,
});

/** Admin only; not oneself and not the last admin. Ends the account's tokens. `deleted` is false when there was no such account. */
export const DELETE_USER = defineCall({
  pattern: 'auth.users.delete',
  effect: 'keyed',
  request: z.object({ userId: z.uuid() }),
  reply: z.object({ deleted: z.boolean() }),
});

export const UPDATE_PROFILE = defineCall({
  pattern: 'auth.users.updateProfile',
  effect: 'keyed',
  request: z.object({
    name,
    profile_image_url: imageUrl,
    bio: z.string().max(10_000).nullish(),
    gender: z.string().max(100).nullish(),
    date_of_birth: z.string().max(40).nullish(),
  }),
  reply: UserSchema,
});

export const UPDATE_TIMEZONE = defineCall({
  pattern: 'auth.users.updateTimezone',
  effect: 'keyed',
  request: z.object({ timezone: z.string().min(1).max(100) }),
  reply: z.object({}),
});

/** `INVALID_ARGUMENT` when the old password is wrong. Ends all of the account's tokens. */
export const UPDATE_PASSWORD = defineCall({
  pattern: 'auth.users.updatePassword',
  effect: 'keyed',
  sealed: true,
  request: z.object({ password, newPassword: password, address: z.string().max(256) }),
  reply: z.object({}),
  deadlineMs: 10_000,
});

/** The caller's free-form interface settings, `null` when none were saved. */
export const GET_USER_SETTINGS = defineCall({
  pattern: 'auth.users.getSettings',
  effect: 'read',
  request: z.object({}),
  reply: z.object({ settings: z.record(z.string(), z.unknown()).nullable() }),
});

export const UPDATE_USER_SETTINGS = defineCall({
  pattern: 'auth.users.updateSettings',
  effect: 'keyed',
  sealed: true,
  request: z.object({ settings: boundedJson() }),
  reply: z.object({ settings: z.record(z.string(), z.unknown()) }),
});

export { email as EmailSchema, origin as attemptOrigin, password as PasswordSchema };
