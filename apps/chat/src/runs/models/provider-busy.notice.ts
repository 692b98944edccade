import { defineNotice } from '@perennial/contracts-kernel';
import { z } from 'zod';

/** Longest pause that one process may ask of all others, in milliseconds. */
export const MOST_BUSY_MS = 60_000;

/**
 * Sent by the worker whom a provider has asked to wait (429 with `Retry-After`); the others wait as well instead of each asking once more. Lost, each
 * learns it from the provider. `id` names the connection and the model without telling them.
 */
export const PROVIDER_BUSY = defineNotice(
  'chat.provider.busy',
  z.object({ id: z.string().max(64), forMs: z.number().int().min(1).max(MOST_BUSY_MS) }),
);
