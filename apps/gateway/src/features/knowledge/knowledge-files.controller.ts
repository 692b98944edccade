import { Controller } from '@nestjs/common';
import { type RouteInput, type RouteReply, routes } from '@perennial/contracts-gateway';
import { knowledge } from '@perennial/contracts-retrieval';
import type { KnowledgeDirectory } from '@perennial/contracts-wire';
import { Rpc } from '@perennial/transport';
import { hideForbidden, idOf } from '../../http/hidden';
import { CurrentUser, Route, ValidatedInput } from '../../http/route';
import type { Caller } from '../../sessions/caller';
import { Owners } from './owners';
import { fileInBase, type PlacedFile } from './wire';

interface FilePage<F> {
  items: F[];
  directories?: KnowledgeDirectory[];
  breadcrumbs?: KnowledgeDirectory[];
  total: number;
}

/** The files of a base. */
@Controller()
export class KnowledgeFilesController {
  constructor(
    private readonly rpc: Rpc,
    private readonly owners: Owners,
  ) {}

  @Route(routes.knowledge.searchFiles)
  async search(
    @CurrentUser() caller: Caller,
    @ValidatedInput() { query }: RouteInput<typeof routes.knowledge.searchFiles>,
  ): Promise<RouteReply<typeof routes.knowledge.searchFiles>> {
    return this.page(
      caller,
      await this.rpc.call(knowledge.searchFiles, { query: query.query, page: query.page }, caller),
    );
  }

  @Route(routes.knowledge.files)
  async list(
    @CurrentUser() caller: Caller,
    @ValidatedInput() { params, query }: RouteInput<typeof routes.knowledge.files>,
  ): Promise<RouteReply<typeof routes.knowledge.files>> {
    const { query: text, order_by: orderBy, direction, page, limit } = query;
    const knowledgeId = idOf('base', params.id);
    const directory = query.directory_id;
    const directoryId = directory ? idOf('directory', directory) : directory === '' ? null : undefined;
    const request = { knowledgeId, directoryId, query: text, orderBy, direction, page, limit };
    return this.page(caller, await hideForbidden('base', this.rpc.call(knowledge.files, request, caller)));
  }

  private async page<F extends PlacedFile>(
    caller: Caller,
    { items, directories = [], breadcrumbs = [], total }: FilePage<F>,
  ) {
    const owners = items.map((file) => file.user_id);
    const ownerOf = await this.owners.of(owners, caller);
    return {
      items: items.map((file) => fileInBase(file, ownerOf(file.user_id))),
      directories,
      breadcrumbs,
      total,
    };
  }
}
