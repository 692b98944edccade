import { extname } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { NotFoundException } from '@nestjs/common';
import type { Runtime } from '@perennial/runtime';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorFilter } from '../../http/error.filter';
import { Problem } from '../../problem';
import { problemOfStore } from '../files/blob-store';
import type { FoundFile, KeptReleases } from './kept-releases';
import { hashedName, isMachinePath, type Site, wantsPage, YEAR } from './site';

/** Types of files with a hash in their name. */
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'application/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.ttf': 'font/ttf',
};
const ACCEPTS_BROTLI = /\bbr\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i;

export interface ServedSite {
  site: Site | undefined;
  /** Files of other releases of our own page. */
  kept: KeptReleases | undefined;
  errors: ErrorFilter;
  runtime: Runtime;
  /** Whether files are sent compressed. */
  compressed: boolean;
}

/** Serves the page at every path that is not a route: its files, and the page itself for paths inside it. */
export function serveSite(fastify: FastifyInstance, { site, kept, errors, runtime, compressed }: ServedSite): void {
  fastify.route({
    method: ['GET', 'HEAD'],
    url: '/*',
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      try {
        return await answer(request, reply);
      } catch (error) {
        errors.answer(problemOfStore(error, runtime), request, reply);
        return reply;
      }
    },
  });

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const path = request.url.split('?', 1)[0] ?? '/';
    if (site === undefined || isMachinePath(path)) throw new NotFoundException();
    const file = (await site.find(path)) ?? (wantsPage(path, request.headers.accept) ? site.page : undefined);
    const found = file ?? (await keptFile(path));
    if (found === undefined) throw new NotFoundException();
    // Its scripts and calls are at the root of the host, so the page would stay empty.
    if (site.own && request.prefix !== undefined) throw notBelow(request.prefix);
    void reply.headers(site.headersOf(found.path));
    if ('bytes' in found) return sendKept(found, request, reply);
    return reply.header('cache-control', found.cacheControl).sendFile(found.path, site.root);
  }

  async function keptFile(path: string): Promise<FoundFile | undefined> {
    const name = hashedName(path);
    return name === undefined ? undefined : kept?.find(name);
  }

  async function sendKept(
    { path, bytes, encoding }: FoundFile,
    { headers }: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const type = TYPES[extname(path)] ?? 'application/octet-stream';
    void reply.headers({ 'cache-control': YEAR, 'content-type': type, vary: 'accept-encoding' });
    if (encoding === 'identity') return reply.send(bytes);
    if (compressed && ACCEPTS_BROTLI.test(headers['accept-encoding'] ?? ''))
      return reply.header('content-encoding', encoding).send(bytes);
    return reply.send(await promisify(brotliDecompress)(bytes));
  }
}

function notBelow(prefix: string): Problem {
  return new Problem(
    404,
    `The page cannot be shown below ${prefix}. Give it a host name of its own; the API works below ${prefix} as well.`,
  );
}
