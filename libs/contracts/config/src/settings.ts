import { defineCall } from '@perennial/contracts-kernel';
import {
  BannerSchema,
  IncomingBannerSchema,
  IncomingSuggestionSchema,
  SuggestionSchema,
} from '@perennial/contracts-wire';
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

/** `defaults`: models that a new chat starts with, separated by commas, null: as the environment says. `order`: ids that come first in lists. */
const ModelChoiceSchema = z.object({ defaults: z.string().nullable(), order: z.array(z.string()) });

const IncomingModelChoiceSchema = ModelChoiceSchema.extend({
  defaults: z.string().max(10_000).nullable(),
  order: z.array(z.string().max(512)).max(10_000),
});

/** Admin only. How models are offered. */
export const models = defineCall({
  pattern: 'config.settings.models',
  effect: 'read',
  request: z.object({}),
  reply: ModelChoiceSchema,
});

/** Admin only. Replaces how models are offered. */
export const updateModels = defineCall({
  pattern: 'config.settings.updateModels',
  effect: 'keyed',
  sealed: true,
  request: IncomingModelChoiceSchema,
  reply: ModelChoiceSchema,
});

/** Admin only. Replaces the banners. */
export const updateBanners = defineCall({
  pattern: 'config.settings.updateBanners',
  effect: 'keyed',
  sealed: true,
  request: z.object({ banners: z.array(IncomingBannerSchema).max(50) }),
  reply: z.object({ banners: z.array(BannerSchema) }),
});

/** Admin only. Replaces the suggestions. */
export const updateSuggestions = defineCall({
  pattern: 'config.settings.updateSuggestions',
  effect: 'keyed',
  sealed: true,
  request: z.object({ suggestions: z.array(IncomingSuggestionSchema).max(50) }),
  reply: z.object({ suggestions: z.array(SuggestionSchema) }),
});

/** Admin only. The installation's name and words; what is missing stays, and an empty name is the environment's again. */
export const updateGeneral = defineCall({
  pattern: 'config.settings.updateGeneral',
  effect: 'keyed',
  sealed: true,
  request: z.object({
    name: z.string().trim().max(100).optional(),
    pendingTitle: z.string().max(1_000).optional(),
    pendingContent: z.string().max(20_000).optional(),
  }),
  reply: z.object({}),
});
