import { z } from 'zod';
import { route } from '../route';

/**
 * Any string is accepted: an id that is not a chat of the caller is 401, the same for "does not exist" and "not yours".
 */
const chatId = z.object({ id: z.string().min(1).max(200) });

/** Ids of the answers that are being written in a chat; a task id is a run id. */
export const list = route({
  method: 'GET',
  path: '/api/tasks/chat/:id',
  access: 'user',
  params: chatId,
  reply: z.object({
    task_ids: z.array(z.string()),
    /** By id, of tasks that wait for a worker: how many answers are begun before this one. */
    positions: z.record(z.string(), z.number().int()).optional(),
  }),
});

const stopped = z.object({ status: z.boolean(), message: z.string() });

/** The Stop button: stops every answer that is being written in the chat. */
export const stopAll = route({
  method: 'POST',
  path: '/api/tasks/chat/:id/stop',
  access: 'user',
  params: chatId,
  reply: stopped,
});

/** Stops one answer; only its owner may. */
export const stop = route({
  method: 'POST',
  path: '/api/tasks/stop/:id',
  access: 'user',
  params: chatId,
  reply: stopped,
});
