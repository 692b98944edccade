import { Controller } from '@nestjs/common';
import { type RouteInput, type RouteReply, routes } from '@perennial/contracts-gateway';
import { type KnowledgeBase, type StoredFile, knowledge } from '@perennial/contracts-retrieval';
import { CallError } from '@perennial/contracts-kernel';
import { Rpc } from '@perennial/transport';
import type { Caller } from '../edge/caller';
import { Endpoint, From, Input } from '../edge/endpoint';
import { Problem } from '../edge/problem';
import { fileIdOf } from '../files/not-your-file';
import { baseIdOf, ofYourBase } from './not-your-base';
import { Owners } from './owners';
import { baseReply, fileInBase } from './wire';

/** The files of a base. */
@Controller()
export class KnowledgeFilesController {
  constructor(
    private readonly rpc: Rpc,
    private readonly owners: Owners,
  ) {}

  @Endpoint(routes.knowledge.searchFiles)
  async search(
    @From() caller: Caller,
    @Input() { query }: RouteInput<typeof routes.knowledge.searchFiles>,
  ): Promise<RouteReply<typeof routes.knowledge.searchFiles>> {
    return this.page(
      caller,
      await this.rpc.call(knowledge.searchFiles, { query: query.query, page: query.page }, caller),
    );
  }

  @Endpoint(routes.knowledge.files)
  async list(
    @From() caller: Caller,
    @Input() { params, query }: RouteInput<typeof routes.knowledge.files>,
  ): Promise<RouteReply<typeof routes.knowledge.files>> {
    const { query: text, order_by: orderBy, direction, page, limit } = query;
    const request = { knowledgeId: baseIdOf(params.id), query: text, orderBy, direction, page, limit };
    return this.page(caller, await ofYourBase(this.rpc.call(knowledge.files, request, caller)));
  }

  @Endpoint(routes.knowledge.addFile)
  add(
    @From() caller: Caller,
    @Input() { params, body }: RouteInput<typeof routes.knowledge.addFile>,
  ): Promise<RouteReply<typeof routes.knowledge.addFile>> {
    return this.place(caller, params.id, [body.file_id]);
  }

  @Endpoint(routes.knowledge.addFiles)
  addMany(
    @From() caller: Caller,
    @Input() { params, body }: RouteInput<typeof routes.knowledge.addFiles>,
  ): Promise<RouteReply<typeof routes.knowledge.addFiles>> {
    return this.place(
      caller,
      params.id,
      body.map((file) => file.file_id),
    );
  }

  @Endpoint(routes.knowledge.updateFile)
  async readAgain(
    @From() { principal }: Caller,
    @Input() { params, body }: RouteInput<typeof routes.knowledge.updateFile>,
  ): Promise<RouteReply<typeof routes.knowledge.updateFile>> {
    const request = { knowledgeId: baseIdOf(params.id), fileId: fileIdOf(body.file_id) };
    return baseReply(await ofThisBase(this.rpc.call(knowledge.updateFile, request, { principal })));
  }

  @Endpoint(routes.knowledge.removeFile)
  async remove(
    @From() { principal }: Caller,
    @Input() { params, query, body }: RouteInput<typeof routes.knowledge.removeFile>,
  ): Promise<RouteReply<typeof routes.knowledge.removeFile>> {
    const request = { knowledgeId: baseIdOf(params.id), fileId: fileIdOf(body.file_id), deleteFile: query.delete_file };
    return baseReply(await ofThisBase(this.rpc.call(knowledge.removeFile, request, { principal })));
  }

  private async place({ principal }: Caller, baseId: string, files: string[]) {
    const request = { knowledgeId: baseIdOf(baseId), fileIds: files.map(fileIdOf) };
    return baseReply(await ofThisBase(this.rpc.call(knowledge.addFiles, request, { principal })));
  }

  private async page<F extends StoredFile>(caller: Caller, { items, total }: { items: F[]; total: number }) {
    const owners = items.map((file) => file.user_id);
    const ownerOf = await this.owners.of(owners, caller);
    return {
      items: items.map((file) => fileInBase(file, ownerOf(file.user_id))),
      directories: [],
      breadcrumbs: [],
      total,
    };
  }
}

/** The base or the file: which of both is not there, retrieval's sentence says. */
async function ofThisBase(work: Promise<KnowledgeBase>): Promise<KnowledgeBase> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CallError && (error.code === 'NOT_FOUND' || error.code === 'PERMISSION_DENIED'))
      throw new Problem(404, error.message);
    throw error;
  }
}
