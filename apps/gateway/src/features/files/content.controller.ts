import { Controller, Req, Res } from '@nestjs/common';
import { type RouteInput, routes } from '@perennial/contracts-gateway';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../sessions/caller';
import { Endpoint, From, Input } from '../../http/endpoint';
import { ContentService } from './content.service';

/** The bytes of files, as they were uploaded. */
@Controller()
export class ContentController {
  constructor(private readonly content: ContentService) {}

  @Endpoint(routes.files.html)
  async html(
    @From() { principal }: Caller,
    @Input() { params }: RouteInput<typeof routes.files.html>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.content.send(params.id, principal, request, reply, 'page');
  }

  @Endpoint(routes.files.content)
  async bytes(
    @From() { principal }: Caller,
    @Input() { params, query }: RouteInput<typeof routes.files.content>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.content.send(params.id, principal, request, reply, query.attachment ? 'saved' : 'shown');
  }
}
