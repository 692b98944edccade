import { z } from 'zod';
import { route } from '../route';

/**
 * Our own resumable stream of one answer (server-sent events). Every event's `id:` is the cursor after it; a reader that reconnects sends it
 * as `Last-Event-ID` (or `?cursor=`) to any gateway and gets exactly what it has not seen. A comment line every 15 s keeps proxies from
 * closing the connection. The stream ends after `end`; a stream that ends without it was cut (a deploy, a slow reader): reconnect with the
 * cursor.
 */
export const events = route({
  method: 'GET',
  path: '/api/v1/runs/:id/events',
  access: 'user',
  params: z.object({ id: z.string().min(1).max(200) }),
  query: z.object({ cursor: z.string().max(60).optional() }),
  reply: z.string(),
  replyType: 'text/event-stream',
});
