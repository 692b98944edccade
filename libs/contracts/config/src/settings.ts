import { defineCall, defineNotice } from '@perennial/contracts-kernel';
import { z } from 'zod';

export const BannerSchema = z.looseObject({
  id: z.string(),
  type: z.string(),
  title: z.string().optional(),
  content: z.string(),
  dismissible: z.boolean(),
  timestamp: z.number().int(),
});

const IncomingBannerSchema = BannerSchema.extend({
  id: z.string().max(200),
  type: z.string().max(50),
  title: z.string().max(1_000).optional(),
  content: z.string().max(20_000),
});

/** Settings that every process may know. `version` rises with every change of any setting, connection or model entry. */
export const SettingsSchema = z.object({
  version: z.number().int(),
  name: z.string(),
  defaultLocale: z.string(),
  defaultModels: z.string().nullable(),
  banners: z.array(BannerSchema),
  /** An empty prompt stands for chat's own. */
  tasks: z.object({
    titleGeneration: z.boolean(),
    titlePrompt: z.string(),
    taskModel: z.string().nullable(),
    /** Whether a model words what the documents of a turn are searched for. */
    queryGeneration: z.boolean().default(true),
    queryPrompt: z.string().default(''),
  }),
});
export type Settings = z.infer<typeof SettingsSchema>;

/** Polled by gateways and chat each second (one cheap statement) so that a lost notice only delays a change. */
export const GET_SETTINGS = defineCall({
  pattern: 'config.settings.get',
  effect: 'read',
  request: z.object({}),
  reply: SettingsSchema,
});

/** The current version alone. */
export const GET_VERSION = defineCall({
  pattern: 'config.settings.version',
  effect: 'read',
  request: z.object({}),
  reply: z.object({ version: z.number().int() }),
  deadlineMs: 2_000,
});

/** Admin only. Replaces the banners. */
export const UPDATE_BANNERS = defineCall({
  pattern: 'config.settings.updateBanners',
  effect: 'keyed',
  sealed: true,
  request: z.object({ banners: z.array(IncomingBannerSchema).max(50) }),
  reply: z.object({ banners: z.array(BannerSchema) }),
});

/** Sent by config after a change has committed: whoever caches settings, connections or models reads them again. */
export const CONFIG_CHANGED = defineNotice('config.changed', z.object({ version: z.number().int() }));
