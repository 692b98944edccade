import { RoleSchema } from '@perennial/contracts-kernel';
import { z } from 'zod';

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

/** A person's account as services see it. Times are epoch seconds. Never holds a password hash. */
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
  /** Where the person's new data goes; absent or null: the installation's own stores. */
  placement: z.string().nullish(),
});

export type User = z.infer<typeof UserSchema>;

/** An account as the admin's list shows it. */
export const UserRowSchema = UserSchema.extend({
  username: z.string().nullable(),
  profile_banner_image_url: z.string().nullable(),
  presence_state: z.string().nullable(),
  status_emoji: z.string().nullable(),
  status_message: z.string().nullable(),
  status_expires_at: z.number().nullable(),
  info: z.record(z.string(), z.unknown()).nullable(),
  settings: z.record(z.string(), z.unknown()).nullable(),
  oauth: z.record(z.string(), z.unknown()).nullable(),
  scim: z.record(z.string(), z.unknown()).nullable(),
  group_ids: z.array(z.string()),
});

export type UserRow = z.infer<typeof UserRowSchema>;

/** Free-form interface settings (`{ui: {…}}`), null when none were saved. */
export const UserSettingsSchema = z.record(z.string(), z.unknown());
