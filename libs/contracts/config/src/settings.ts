import { defineCall } from '@perennial/contracts-kernel';
import { BannerSchema, IncomingBannerSchema } from '@perennial/contracts-wire';
import { z } from 'zod';
import { SettingsSchema } from './setting';

/** Polled by gateways and chat each second (one cheap statement) so that a lost notice only delays a change. */
export const get = defineCall({
  pattern: 'config.settings.get',
  effect: 'read',
  request: z.object({}),
  reply: SettingsSchema,
});

/** The current version alone. */
export const version = defineCall({
  pattern: 'config.settings.version',
  effect: 'read',
  request: z.object({}),
  reply: z.object({ version: z.number().int() }),
  deadlineMs: 2_000,
});

/** Admin only. Replaces the banners. */
export const updateBanners = defineCall({
  pattern: 'config.settings.updateBanners',
  effect: 'keyed',
  sealed: true,
  request: z.object({ banners: z.array(IncomingBannerSchema).max(50) }),
  reply: z.object({ banners: z.array(BannerSchema) }),
});
