import { RoleSchema } from '@perennial/contracts-kernel';
import {
  AdminConfigSchema,
  IncomingAdminConfigSchema,
  SessionProfileSchema,
  SessionUserSchema,
} from '@perennial/contracts-wire';
import { z } from 'zod';
import { route } from '../route';

export const session = route({
  method: 'GET',
  path: '/api/v1/auths/',
  access: 'signed-in',
  reply: SessionProfileSchema,
});

const email = z.email({ pattern: z.regexes.html5Email, message: 'must be an e-mail address' }).max(320);

const password = z.string().min(1, 'must not be empty').max(1024);

/** 400 for a wrong address or password, never saying which; 429 after too many attempts. Sets the `token` cookie. */
export const signIn = route({
  method: 'POST',
  path: '/api/v1/auths/signin',
  access: 'public',
  body: z.object({ email, password }),
  reply: SessionUserSchema,
});

const name = z.string().trim().min(1, 'must not be empty').max(200);

const newPassword = z.string().min(8, 'must have at least 8 characters').max(1024);

/** An address or an inline picture (`data:`). */
const imageUrl = z.string().max(100_000, 'must not be longer than 100,000 characters (about 75 kB of picture)');

/**
 * The first account becomes the administrator; unless it is created on the machine itself, it needs the `setup_secret` from the log. 403 when
 * sign-up is off or the secret is wrong, 400 when the address is taken or the password is too common. Sets the `token` cookie.
 */
export const signUp = route({
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
export const signOut = route({
  method: 'POST',
  path: '/api/v1/auths/signout',
  access: 'public',
  reply: z.object({ status: z.literal(true) }),
});

export const addUser = route({
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

export const updateTimezone = route({
  method: 'POST',
  path: '/api/v1/auths/update/timezone',
  access: 'signed-in',
  body: z.object({ timezone: z.string().min(1, 'must not be empty').max(100) }),
  reply: z.object({ status: z.literal(true) }),
});

/** Ends every session of the account, including this one. 400 when the old password is wrong. */
export const updatePassword = route({
  method: 'POST',
  path: '/api/v1/auths/update/password',
  access: 'signed-in',
  body: z.object({ password, new_password: newPassword }),
  reply: z.boolean(),
});

export const updateProfile = route({
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

/** Who may make an account, and the installation's name and words. Fields of features that we do not have say so by their value. */
export const adminConfig = route({
  method: 'GET',
  path: '/api/v1/auths/admin/config',
  access: 'admin',
  reply: AdminConfigSchema,
});

/**
 * What is missing stays; a client may send back all that it was given. 422 for another value of a field that nobody can change here, and then
 * nothing is saved.
 */
export const updateAdminConfig = route({
  method: 'POST',
  path: '/api/v1/auths/admin/config',
  access: 'admin',
  body: IncomingAdminConfigSchema,
  reply: AdminConfigSchema,
});
