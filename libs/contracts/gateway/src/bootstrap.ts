import { z } from 'zod';
import { PermissionsSchema } from './accounts';
import { route } from './route';

/**
 * What the page needs before and after signing in. Everything below `default_models` is there only with a valid session of an activated
 * account. `onboarding`: no account exists yet; `setup_secret`: the first one takes the set-up secret. `stale`: the settings are the last known ones, because the services cannot be asked now.
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
});
export type AppConfig = z.infer<typeof AppConfigSchema>;

export const GET_CONFIG = route({ method: 'GET', path: '/api/config', access: 'public', reply: AppConfigSchema });

/** `deployment_id` changes with every deployment of another build: an open page reloads itself. */
export const GET_VERSION = route({
  method: 'GET',
  path: '/api/version',
  access: 'public',
  reply: z.object({ version: z.string(), deployment_id: z.string() }),
});

export const GET_VERSION_UPDATES = route({
  method: 'GET',
  path: '/api/version/updates',
  access: 'user',
  reply: z.object({ current: z.string(), latest: z.string() }),
});

export const GET_CHANGELOG = route({
  method: 'GET',
  path: '/api/changelog',
  access: 'public',
  reply: z.record(z.string(), z.record(z.string(), z.unknown())),
});

/** How many of the installation's users this process holds a socket for, and nothing about which models they use. */
export const GET_USAGE = route({
  method: 'GET',
  path: '/api/usage',
  access: 'user',
  reply: z.object({ model_ids: z.array(z.string()), user_count: z.number().int() }),
});

export const BannerSchema = z.looseObject({
  id: z.string().max(200),
  type: z.string().max(50),
  title: z.string().max(1_000).optional(),
  content: z.string().max(20_000),
  dismissible: z.boolean(),
  timestamp: z.number().int(),
});
export type Banner = z.infer<typeof BannerSchema>;

export const GET_BANNERS = route({
  method: 'GET',
  path: '/api/v1/configs/banners',
  access: 'user',
  reply: z.array(BannerSchema),
});

export const UPDATE_BANNERS = route({
  method: 'POST',
  path: '/api/v1/configs/banners',
  access: 'admin',
  body: z.object({ banners: z.array(BannerSchema).max(50) }),
  reply: z.array(BannerSchema),
});
