import { z } from 'zod';
import { CompletionBodySchema, TurnBodySchema, TurnReplySchema } from '../completion-bodies';
import { route } from '../route';

/** Both modes; the body decides (`TurnBodySchema` or `CompletionBodySchema`). */
export const create = route({
  method: 'POST',
  path: '/api/chat/completions',
  aliases: ['/api/v1/chat/completions', '/v1/chat/completions', '/openai/chat/completions'],
  access: 'user',
  bodies: [TurnBodySchema, CompletionBodySchema],
  reply: z.looseObject({}),
});

/** The same route in task mode, typed for the page. */
export const sendTurn = route({
  method: 'POST',
  path: '/api/chat/completions',
  access: 'user',
  body: TurnBodySchema,
  reply: TurnReplySchema,
});
