import { z } from 'zod';
import { route } from '../route';

/** The picture of an account: one's own, or anyone's for an administrator; others see a placeholder. */
export const user = route({
  method: 'GET',
  path: '/api/v1/users/:id/profile/image',
  access: 'user',
  params: z.object({ id: z.string().max(200) }),
  reply: z.unknown(),
  replyType: 'image/*',
});

export const model = route({
  method: 'GET',
  path: '/api/v1/models/model/profile/image',
  access: 'user',
  query: z.object({ id: z.string().max(512).default('') }),
  reply: z.unknown(),
  replyType: 'image/*',
});
