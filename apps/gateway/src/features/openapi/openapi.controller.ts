import { Controller, Res } from '@nestjs/common';
import { routes } from '@perennial/contracts-gateway';
import type { FastifyReply } from 'fastify';
import { version } from '../../../package.json';
import { Route } from '../../http/route';
import { openApiDocument } from './openapi-document';

/** The list of routes is shown to activated accounts only. */
@Controller()
export class OpenApiController {
  private document: Promise<string> | undefined;

  /** Created on the first request, because most processes never need it. */
  @Route(routes.openapi.document)
  async get(@Res() reply: FastifyReply): Promise<void> {
    this.document ??= openApiDocument(version).then((document) => JSON.stringify(document));
    const document = await this.document;
    void reply.type('application/json; charset=utf-8').header('cache-control', 'private, no-cache').send(document);
  }
}
