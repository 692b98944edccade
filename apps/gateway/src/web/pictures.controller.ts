import { Controller, Res } from '@nestjs/common';
import { route, type RouteInput } from '@perennial/contracts-gateway';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Caller } from '../edge/caller';
import { Endpoint, From, Input } from '../edge/endpoint';
import { pictureOfDataUrl, placeholderPicture, type Picture } from './pictures';

export const USER_PICTURE = route({
  method: 'GET',
  path: '/api/v1/users/:id/profile/image',
  access: 'user',
  params: z.object({ id: z.string().max(200) }),
  reply: z.unknown(),
});

export const MODEL_PICTURE = route({
  method: 'GET',
  path: '/api/v1/models/model/profile/image',
  access: 'user',
  query: z.object({ id: z.string().max(300).default('') }),
  reply: z.unknown(),
});

/** Pictures of people and models. Nobody's name is told by them: only one's own picture has a letter. */
@Controller()
export class PicturesController {
  @Endpoint(USER_PICTURE)
  user(
    @From() { user }: Caller,
    @Input() { params }: RouteInput<typeof USER_PICTURE>,
    @Res() reply: FastifyReply,
  ): void {
    const own = params.id === user.id;
    const picture = own ? pictureOfDataUrl(user.profile_image_url) : undefined;
    this.send(reply, picture ?? placeholderPicture(params.id, own ? user.name : ''));
  }

  @Endpoint(MODEL_PICTURE)
  model(@Input() { query }: RouteInput<typeof MODEL_PICTURE>, @Res() reply: FastifyReply): void {
    this.send(reply, placeholderPicture(query.id, query.id));
  }

  private send(reply: FastifyReply, { type, bytes }: Picture): void {
    void reply
      .header('cache-control', 'private, max-age=300')
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox")
      .type(type)
      .send(bytes);
  }
}
