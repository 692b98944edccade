import { Controller, Res } from '@nestjs/common';
import { users } from '@perennial/contracts-auth';
import { type RouteInput, routes } from '@perennial/contracts-gateway';
import { CallError, type UserPrincipal } from '@perennial/contracts-kernel';
import { Rpc } from '@perennial/transport';
import type { FastifyReply } from 'fastify';
import { isUuid } from '../../http/hidden';
import { CurrentUser, Route, ValidatedInput } from '../../http/route';
import type { Caller } from '../../sessions/caller';
import { type Picture, pictureOfDataUrl, placeholderPicture } from './avatar';

/** Pictures of users and models. They reveal no names: only one's own picture has a letter. */
@Controller()
export class AvatarsController {
  constructor(private readonly rpc: Rpc) {}

  /** One's own picture, or anyone's for an administrator; others see a placeholder. */
  @Route(routes.avatars.user)
  async user(
    @CurrentUser() { user, principal }: Caller,
    @ValidatedInput() { params }: RouteInput<typeof routes.avatars.user>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const own = params.id === user.id;
    const picture = own || (user.role === 'admin' && isUuid(params.id)) ? await this.saved(params.id, principal) : null;
    if (picture) this.send(reply, picture, 'private, no-cache');
    else this.send(reply, placeholderPicture(params.id, own ? user.name : ''));
  }

  private async saved(userId: string, principal: UserPrincipal): Promise<Picture | undefined> {
    try {
      return pictureOfDataUrl((await this.rpc.call(users.picture, { userId }, { principal })).url);
    } catch (error) {
      // A page must not break because of a picture.
      if (error instanceof CallError) return undefined;
      throw error;
    }
  }

  @Route(routes.avatars.model)
  model(@ValidatedInput() { query }: RouteInput<typeof routes.avatars.model>, @Res() reply: FastifyReply): void {
    this.send(reply, placeholderPicture(query.id, query.id));
  }

  private send(reply: FastifyReply, { type, bytes }: Picture, caching = 'private, max-age=300'): void {
    void reply
      .header('cache-control', caching)
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox")
      .type(type)
      .send(bytes);
  }
}
