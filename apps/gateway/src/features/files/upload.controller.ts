import { Controller, Req } from '@nestjs/common';
import { type RouteInput, type RouteReply, routes } from '@perennial/contracts-gateway';
import type { FastifyRequest } from 'fastify';
import { CurrentUser, Route, ValidatedInput } from '../../http/route';
import { isForm } from '../../http/upload-route';
import { Problem } from '../../problem';
import type { Caller } from '../../sessions/caller';
import { fileReply } from './file-reply';
import { UploadService } from './upload.service';

/** The only route whose handler reads the body itself, because it is as large as a file. */
@Controller()
export class UploadController {
  constructor(private readonly uploads: UploadService) {}

  @Route(routes.files.upload)
  async upload(
    @CurrentUser() { principal }: Caller,
    @ValidatedInput() { query }: RouteInput<typeof routes.files.upload>,
    @Req() request: FastifyRequest,
  ): Promise<RouteReply<typeof routes.files.upload>> {
    if (!isForm(request)) throw new Problem(415, 'Send the file as multipart/form-data, in the part "file".');
    return fileReply(await this.uploads.upload(request.raw, principal, query.process));
  }
}
