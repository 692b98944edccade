import { RoleSchema } from '@perennial/contracts-kernel';
import { z } from 'zod';
import { PermissionsSchema } from './user';

/**
 * What the page needs before and after signing in. Fields below `default_models` are there only with a valid session of an activated account.
 * `onboarding`: no account exists yet; `setup_secret`: the first one needs the set-up secret. `stale`: the settings are the last known ones,
 * because the services are unavailable.
 */
export const AppConfigSchema = z.looseObject({
  onboarding: z.literal(true).optional(),
  setup_secret: z.literal(true).optional(),
  stale: z.literal(true).optional(),
  status: z.literal(true),
  name: z.string(),
  version: z.string(),
  default_locale: z.string(),
  i18n: z.record(z.string(), z.unknown()),
  oauth: z.object({ providers: z.record(z.string(), z.string()), auto_redirect: z.boolean() }),
  features: z.record(z.string(), z.union([z.boolean(), z.string()])),
  default_models: z.string().nullable().optional(),
  default_prompt_suggestions: z.array(z.unknown()).nullable().optional(),
  permissions: PermissionsSchema.optional(),
  ui: z.record(z.string(), z.unknown()).optional(),
});

export type AppConfig = z.infer<typeof AppConfigSchema>;

/** A notice at the top of every page. */
export const BannerSchema = z.looseObject({
  id: z.string(),
  type: z.string(),
  title: z.string().optional(),
  content: z.string(),
  dismissible: z.boolean(),
  timestamp: z.number().int(),
});

export const IncomingBannerSchema = BannerSchema.extend({
  id: z.string().max(200),
  type: z.string().max(50),
  title: z.string().max(1_000).optional(),
  content: z.string().max(20_000),
});

export type Banner = z.infer<typeof BannerSchema>;

/** What one might ask, on the page of a new chat. `title` is the reference's: a bold and a quiet part. */
export const SuggestionSchema = z.looseObject({ title: z.array(z.string()), content: z.string() });

export const IncomingSuggestionSchema = SuggestionSchema.extend({
  title: z.array(z.string().max(1_000)).max(10).default([]),
  content: z.string().max(20_000),
});

export type Suggestion = z.infer<typeof SuggestionSchema>;

/** The settings of `auths/admin/config` that an administrator can change. `WEBUI_NAME` is ours. */
export const IncomingAdminConfigSchema = z.looseObject({
  ENABLE_SIGNUP: z.boolean().optional(),
  DEFAULT_USER_ROLE: RoleSchema.optional(),
  WEBUI_NAME: z.string().trim().max(100).optional(),
  PENDING_USER_OVERLAY_TITLE: z.string().max(1_000).optional(),
  PENDING_USER_OVERLAY_CONTENT: z.string().max(20_000).optional(),
});

export const AdminConfigSchema = z.looseObject({
  ENABLE_SIGNUP: z.boolean(),
  DEFAULT_USER_ROLE: RoleSchema,
  JWT_EXPIRES_IN: z.string(),
  WEBUI_NAME: z.string(),
  PENDING_USER_OVERLAY_TITLE: z.string(),
  PENDING_USER_OVERLAY_CONTENT: z.string(),
});

export type AdminConfig = z.infer<typeof AdminConfigSchema>;
