import { NotFoundException } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorFilter } from '../../http/error.filter';
import { Problem } from '../../problem';
import { isMachinePath, type Site, type SiteFile, wantsPage } from './site';

/** Serves the page at every path that is not a route: its files, and the page itself for paths inside it. */
export function serveSite(fastify: FastifyInstance, site: Site | undefined, errors: ErrorFilter): void {
  fastify.route({
    method: ['GET', 'HEAD'],
    url: '/*',
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      const path = request.url.split('?', 1)[0] ?? '/';
      const file = site && (await fileFor(site, path, request.headers.accept));
      if (site === undefined || file === undefined) {
        errors.answer(new NotFoundException(), request, reply);
        return reply;
      }
      // Its scripts and calls are at the root of the host, so the page would stay empty.
      if (site.own && request.prefix !== undefined) {
        errors.answer(notBelow(request.prefix), request, reply);
        return reply;
      }
      return reply
        .header('cache-control', file.cacheControl)
        .header('content-security-policy', site.policy)
        .sendFile(file.path, site.root);
    },
  });
}

async function fileFor(site: Site, path: string, accept: string | undefined): Promise<SiteFile | undefined> {
  if (isMachinePath(path)) return undefined;
  const file = await site.find(path);
  return file ?? (wantsPage(path, accept) ? site.page : undefined);
}

function notBelow(prefix: string): Problem {
  return new Problem(
    404,
    `The page cannot be shown below ${prefix}. Give it a host name of its own; the API works below ${prefix} as well.`,
  );
}
