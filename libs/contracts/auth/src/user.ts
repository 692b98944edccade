import { UserSchema } from '@perennial/contracts-wire';
import { z } from 'zod';

/** The longest picture address that travels with an account, in bytes; longer ones (inline pictures) are kept apart. */
export const INLINE_PICTURE_BYTES = 2_048;

/** Longest address or data URL of a picture that is accepted, in characters. */
export const PICTURE_MAX_CHARS = 100_000;

/** Longest `device` of a session; we never issue a longer one. */
export const DEVICE_MAX_CHARS = 1_000;

/**
 * Address at which the gateway serves a picture that is stored apart. A change that sends this address back keeps the picture.
 */
export const picturePath = (userId: string): string => `/api/v1/users/${userId}/profile/image`;

/**
 * A signed token and its account: the reply of sign-in, sign-up and an admin's add. `expiresAt` is epoch seconds. The browser keeps `device`
 * and sends it with its next sign-in.
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
  /** The `device` of an earlier sign-in of this browser. */
  device: z.string().max(DEVICE_MAX_CHARS).optional(),
};

export const EmailSchema = z
  .email({ pattern: z.regexes.html5Email })
  .max(320)
  .transform((value) => value.toLowerCase());

export const PasswordSchema = z.string().min(1).max(1024);

export const UserNameSchema = z.string().trim().min(1).max(200);

export const PictureUrlSchema = z.string().max(PICTURE_MAX_CHARS);
