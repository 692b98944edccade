import { Controller, Req, Res } from '@nestjs/common';
import { type RouteInput, routes } from '@perennial/contracts-gateway';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser, Route, ValidatedInput } from '../../http/route';
import type { Caller } from '../../sessions/caller';
import { ContentService } from './content.service';

/** The bytes of files, as they were uploaded. */
@Controller()
export class ContentController {
  constructor(private readonly content: ContentService) {}

  @Route(routes.files.html)
  async html(
    @CurrentUser() { principal }: Caller,
    @ValidatedInput() { params }: RouteInput<typeof routes.files.html>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.content.send(params.id, principal, request, reply, 'page');
  }

  @Route(routes.files.content)
  async bytes(
    @CurrentUser() { principal }: Caller,
    @ValidatedInput() { params, query }: RouteInput<typeof routes.files.content>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.content.send(params.id, principal, request, reply, query.attachment ? 'saved' : 'shown');
  }
}
