import { UserSchema } from '@perennial/contracts-wire';
import { z } from 'zod';

/** The longest picture address that travels with an account, in bytes; longer ones (inline pictures) are kept apart. */
export const INLINE_PICTURE_BYTES = 2_048;

/** The largest picture that is taken in: the characters of its address or data URL. */
export const PICTURE_MAX_CHARS = 100_000;

/** The longest `device` of a session; what is longer was not made by us. */
export const DEVICE_MAX_CHARS = 1_000;

/** What stands for a picture that is kept apart: where the gateway serves it. Given back in a change, it leaves the picture as it is. */
export const picturePath = (userId: string): string => `/api/v1/users/${userId}/profile/image`;

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
export const attemptOrigin = {
  address: z.string().max(256),
  addressShared: z.boolean().default(false),
  /** What an earlier sign-in gave this browser. */
  device: z.string().max(DEVICE_MAX_CHARS).optional(),
};

export const EmailSchema = z
  .email({ pattern: z.regexes.html5Email })
  .max(320)
  .transform((value) => value.toLowerCase());

export const PasswordSchema = z.string().min(1).max(1024);

export const UserNameSchema = z.string().trim().min(1).max(200);

export const PictureUrlSchema = z.string().max(PICTURE_MAX_CHARS);
