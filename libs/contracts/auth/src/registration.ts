import { defineCall, RoleSchema } from '@perennial/contracts-kernel';
import { z } from 'zod';

/** Who may make an account, and with which role. */
const RegistrationSettingsSchema = z.object({
  /** Whether people may create accounts themselves; the first account can always be created. */
  signUp: z.boolean(),
  /** The role of an account that is created by sign-up. */
  defaultRole: RoleSchema,
});

/** Admin only. What an administrator saved, else what the environment says. `sessionLifetime` is the environment's `JWT_EXPIRES_IN`. */
export const settings = defineCall({
  pattern: 'auth.registration.settings',
  effect: 'read',
  request: z.object({}),
  reply: RegistrationSettingsSchema.extend({ sessionLifetime: z.string() }),
});

/** Admin only. What is missing stays. The next sign-up at any replica follows it. */
export const updateSettings = defineCall({
  pattern: 'auth.registration.updateSettings',
  effect: 'keyed',
  request: RegistrationSettingsSchema.partial(),
  reply: RegistrationSettingsSchema,
});
