import { z } from 'zod';
import { route } from '../route';

/** The OpenAPI 3.1 document of these routes. */
export const document = route({
  method: 'GET',
  path: '/openapi.json',
  access: 'user',
  reply: z.looseObject({ openapi: z.literal('3.1.0') }),
});

/** The page that shows the document. It holds nothing of the document itself, so it needs no session. */
export const page = route({
  method: 'GET',
  path: '/docs',
  access: 'public',
  reply: z.string(),
  replyType: 'text/html',
});

/** The files of that page. */
export const pageFile = route({
  method: 'GET',
  path: '/docs/:file',
  access: 'public',
  params: z.object({ file: z.enum(['swagger-ui-bundle.js', 'swagger-ui.css', 'index.css', 'docs.js']) }),
  reply: z.string(),
  replyType: 'application/octet-stream',
});
