import { defineCall } from '@perennial/contracts-kernel';
import { RetrievalSettingsSchema } from '@perennial/contracts-wire';
import { z } from 'zod';

const VersionedSettings = z.object({
  /** Rises with every change of settings or embedding. */
  version: z.number().int(),
  settings: RetrievalSettingsSchema.extend({
    RAG_TEMPLATE: z.string(),
    ALLOWED_FILE_EXTENSIONS: z.array(z.string()),
  }),
});

/** For admins and services; there is no secret in it. As the database has it now. */
export const get = defineCall({
  pattern: 'retrieval.settings.get',
  effect: 'read',
  request: z.object({}),
  reply: VersionedSettings,
});

/** Admin only. What is named is changed, the rest stays. In force everywhere within a second. `INVALID_ARGUMENT` when it does not fit together. */
export const update = defineCall({
  pattern: 'retrieval.settings.update',
  effect: 'keyed',
  sealed: true,
  request: RetrievalSettingsSchema.partial(),
  reply: VersionedSettings,
});
