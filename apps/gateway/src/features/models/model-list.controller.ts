import { createHash } from 'node:crypto';
import { Controller, Req, Res } from '@nestjs/common';
import { models } from '@perennial/contracts-config';
import { type RouteInput, type RouteReply, routes, type RouteView } from '@perennial/contracts-gateway';
import { Rpc } from '@perennial/transport';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { entityTag, namesTag } from '../../http/entity-tag';
import { CurrentUser, Route, ValidatedInput } from '../../http/route';
import type { Caller } from '../../sessions/caller';
import { toPickerModel } from './picker-model';

type List = typeof routes.models.list;

@Controller()
export class ModelListController {
  constructor(private readonly rpc: Rpc) {}

  @Route(routes.models.list)
  async list(
    @CurrentUser() { principal }: Caller,
    @ValidatedInput() { query }: RouteInput<List>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RouteReply<List> | RouteReply<RouteView<List, 'picker'>> | undefined> {
    const { data } = await this.rpc.call(models.list, { refresh: query.refresh }, { principal });
    if (query.view === undefined) return { object: 'list', data };
    const picker = data.map(toPickerModel);
    const version = createHash('sha256').update(JSON.stringify(picker)).digest('base64url').slice(0, 22);
    // Browsers keep it and ask whether it is still so.
    void reply.header('etag', entityTag(version)).header('cache-control', 'private, no-cache');
    if (!namesTag(request.headers['if-none-match'], `"${version}"`)) return { object: 'list', data: picker };
    void reply.code(304);
    return undefined;
  }
}
