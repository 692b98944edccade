import { defineNotice } from '@perennial/contracts-kernel';
import { z } from 'zod';

/**
 * Sent by the replica that has marked runs as cancelled; the worker that writes one stops at once instead of at its next checkpoint
 * (1 s), so that the provider's request is aborted within half a second.
 */
export const RUNS_CANCELLED = defineNotice('chat.runs.cancelled', z.object({ runIds: z.array(z.uuid()) }));
