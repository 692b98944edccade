import { z } from 'zod';
import { route } from '../route';

/** The OpenAPI 3.1 document of these routes. */
export const document = route({
  method: 'GET',
  path: '/openapi.json',
  access: 'user',
  reply: z.looseObject({ openapi: z.literal('3.1.0') }),
});
