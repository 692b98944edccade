import {
  AppConfigSchema,
  BannerSchema,
  IncomingBannerSchema,
  IncomingSuggestionSchema,
  ModelsConfigSchema,
  SuggestionSchema,
} from '@perennial/contracts-wire';
import { z } from 'zod';
import { route } from '../route';

export const get = route({ method: 'GET', path: '/api/config', access: 'public', reply: AppConfigSchema });

/** `deployment_id` changes with every deployment of another build, and open pages then reload themselves. */
export const version = route({
  method: 'GET',
  path: '/api/version',
  access: 'public',
  reply: z.object({ version: z.string(), deployment_id: z.string() }),
});

export const versionUpdates = route({
  method: 'GET',
  path: '/api/version/updates',
  access: 'user',
  reply: z.object({ current: z.string(), latest: z.string() }),
});

export const changelog = route({
  method: 'GET',
  path: '/api/changelog',
  access: 'public',
  reply: z.record(z.string(), z.record(z.string(), z.unknown())),
});

/** How many users have a socket at this process. Which models they use is not shown. */
export const usage = route({
  method: 'GET',
  path: '/api/usage',
  access: 'user',
  reply: z.object({ model_ids: z.array(z.string()), user_count: z.number().int() }),
});

export const banners = route({
  method: 'GET',
  path: '/api/v1/configs/banners',
  access: 'user',
  reply: z.array(BannerSchema),
});

export const updateBanners = route({
  method: 'POST',
  path: '/api/v1/configs/banners',
  access: 'admin',
  body: z.object({ banners: z.array(IncomingBannerSchema).max(50) }),
  reply: z.array(BannerSchema),
});

/** What one might ask any model, on the page of a new chat; read with `/api/config`. */
export const updateSuggestions = route({
  method: 'POST',
  path: '/api/v1/configs/suggestions',
  access: 'admin',
  body: z.object({ suggestions: z.array(IncomingSuggestionSchema).max(50) }),
  reply: z.array(SuggestionSchema),
});

/** How models are offered: their order, and those that a new chat starts with. */
export const models = route({
  method: 'GET',
  path: '/api/v1/configs/models',
  access: 'admin',
  reply: ModelsConfigSchema,
});

export const updateModels = route({
  method: 'POST',
  path: '/api/v1/configs/models',
  access: 'admin',
  body: ModelsConfigSchema,
  reply: ModelsConfigSchema,
});

/**
 * How far the changes of settings and permissions are applied: by this replica, which reads the latest first, and by each process that applies
 * settings, as it last reported.
 */
export const appliedVersions = route({
  method: 'GET',
  path: '/api/v1/configs/version',
  access: 'admin',
  reply: z.object({
    version: z.string(),
    replicas: z.array(
      z.object({
        service: z.string(),
        instance: z.string(),
        state: z.string(),
        /** Seconds since 1970. */
        seen_at: z.number().nullable(),
        /** Such as `c812.a10442`: config's changes, and those of auth at a gateway. */
        settings_version: z.string().nullable(),
        retrieval_version: z.number().int().nullable(),
        /** It has not reported a version that this reply's `version` has; for at most a second after a change. */
        behind: z.boolean(),
      }),
    ),
  }),
});

/** The web application's manifest. */
export const manifest = route({ method: 'GET', path: '/manifest.json', access: 'public', reply: z.looseObject({}) });
