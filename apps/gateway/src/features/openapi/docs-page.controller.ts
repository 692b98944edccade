import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Controller, Req, Res } from '@nestjs/common';
import { type RouteInput, routes } from '@perennial/contracts-gateway';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OWN_PAGE, policy } from '../../http/csp';
import { Route, ValidatedInput } from '../../http/route';
import script from './docs-page.browser.js?raw';

/** Swagger UI from Fastify's package, which has no telemetry, unlike `swagger-ui-dist`. */
const SWAGGER_UI = dirname(createRequire(import.meta.url).resolve('@fastify/swagger-ui/static/swagger-ui.css'));

/** Swagger UI over `/openapi.json`, all of it served from here. */
@Controller()
export class DocsPageController {
  @Route(routes.openapi.page)
  page(@Req() { prefix = '' }: FastifyRequest, @Res() reply: FastifyReply): void {
    void reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-cache')
      .header('content-security-policy', policy(OWN_PAGE))
      .send(pageBelow(prefix));
  }

  @Route(routes.openapi.pageFile)
  file(@ValidatedInput() { params }: RouteInput<typeof routes.openapi.pageFile>, @Res() reply: FastifyReply): void {
    void reply.header('cache-control', 'no-cache');
    if (params.file === 'docs.js') void reply.type('text/javascript; charset=utf-8').send(script);
    else void reply.sendFile(params.file, SWAGGER_UI);
  }
}

/** @param prefix path below which a proxy shows this server, checked by `Proxies` */
function pageBelow(prefix: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>Perennial: API</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="${prefix}/docs/swagger-ui.css" />
    <link rel="stylesheet" href="${prefix}/docs/index.css" />
    <script defer src="${prefix}/docs/swagger-ui-bundle.js"></script>
    <script type="module" src="${prefix}/docs/docs.js"></script>
  </head>
  <body>
    <p id="status" role="status">The routes are being loaded.</p>
    <main id="docs"></main>
  </body>
</html>
`;
}
