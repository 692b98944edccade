import { defineNotice } from '@perennial/contracts-kernel';
import { BannerSchema, SuggestionSchema } from '@perennial/contracts-wire';
import { z } from 'zod';

/** Settings that every process may know. `version` rises with every change of any setting, connection or model entry. */
export const SettingsSchema = z.object({
  version: z.number().int(),
  name: z.string(),
  defaultLocale: z.string(),
  defaultModels: z.string().nullable(),
  banners: z.array(BannerSchema),
  /** What an account that waits to be let in reads; empty: the page's own words. */
  pending: z.object({ title: z.string(), content: z.string() }).default({ title: '', content: '' }),
  /** What one might ask any model. */
  suggestions: z.array(SuggestionSchema).default([]),
  /** An empty prompt means chat's default. */
  tasks: z.object({
    titleGeneration: z.boolean(),
    titlePrompt: z.string(),
    taskModel: z.string().nullable(),
    /** Whether a model writes the search queries for the documents of a turn. */
    queryGeneration: z.boolean().default(true),
    queryPrompt: z.string().default(''),
    /** Whether a model writes the questions that one might ask next, if a client wants them. */
    followUpGeneration: z.boolean().default(true),
    followUpPrompt: z.string().default(''),
  }),
});

export type Settings = z.infer<typeof SettingsSchema>;

/** Sent by config after a change has committed: caches of settings, connections and models read them again. */
export const CONFIG_CHANGED = defineNotice('config.changed', z.object({ version: z.number().int() }));
