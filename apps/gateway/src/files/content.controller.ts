import { Controller, Req, Res } from '@nestjs/common';
import { FILE_CONTENT, FILE_HTML, type RouteInput } from '@perennial/contracts-gateway';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../edge/caller';
import { Endpoint, From, Input } from '../edge/endpoint';
import { ContentService } from './content.service';

/** The bytes of files, as they were uploaded. */
@Controller()
export class ContentController {
  constructor(private readonly content: ContentService) {}

  @Endpoint(FILE_HTML)
  async html(
    @From() { principal }: Caller,
    @Input() { params }: RouteInput<typeof FILE_HTML>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.content.send(params.id, principal, request, reply, 'page');
  }

  @Endpoint(FILE_CONTENT)
  async bytes(
    @From() { principal }: Caller,
    @Input() { params, query }: RouteInput<typeof FILE_CONTENT>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.content.send(params.id, principal, request, reply, query.attachment ? 'saved' : 'shown');
  }
}
