import { Controller, Req } from '@nestjs/common';
import { UPLOAD_FILE, type RouteInput, type RouteReply } from '@perennial/contracts-gateway';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../edge/caller';
import { Endpoint, From, Input } from '../edge/endpoint';
import { Problem } from '../edge/problem';
import { isForm } from './upload-door';
import { fileReply } from './file-reply';
import { UploadService } from './upload.service';

/** The one route whose body is not parsed before its handler: it is as large as a file. */
@Controller()
export class UploadController {
  constructor(private readonly uploads: UploadService) {}

  @Endpoint(UPLOAD_FILE)
  async upload(
    @From() { principal }: Caller,
    @Input() { query }: RouteInput<typeof UPLOAD_FILE>,
    @Req() request: FastifyRequest,
  ): Promise<RouteReply<typeof UPLOAD_FILE>> {
    if (!isForm(request)) throw new Problem(415, 'Send the file as multipart/form-data, in the part "file".');
    return fileReply(await this.uploads.upload(request.raw, principal, query.process));
  }
}
