import { Controller } from '@nestjs/common';
import {
  ADD_KNOWLEDGE_FILE,
  ADD_KNOWLEDGE_FILES,
  LIST_KNOWLEDGE_FILES,
  REMOVE_KNOWLEDGE_FILE,
  SEARCH_KNOWLEDGE_FILES,
  UPDATE_KNOWLEDGE_FILE,
  type RouteInput,
  type RouteReply,
} from '@perennial/contracts-gateway';
import {
  ADD_KNOWLEDGE_FILES as ADD,
  LIST_KNOWLEDGE_FILES as READ_FILES,
  REMOVE_KNOWLEDGE_FILE as REMOVE,
  SEARCH_KNOWLEDGE_FILES as FIND,
  UPDATE_KNOWLEDGE_FILE as READ_AGAIN,
  type KnowledgeBase,
  type StoredFile,
} from '@perennial/contracts-retrieval';
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

  @Endpoint(SEARCH_KNOWLEDGE_FILES)
  async search(
    @From() caller: Caller,
    @Input() { query }: RouteInput<typeof SEARCH_KNOWLEDGE_FILES>,
  ): Promise<RouteReply<typeof SEARCH_KNOWLEDGE_FILES>> {
    return this.page(caller, await this.rpc.call(FIND, { query: query.query, page: query.page }, caller));
  }

  @Endpoint(LIST_KNOWLEDGE_FILES)
  async list(
    @From() caller: Caller,
    @Input() { params, query }: RouteInput<typeof LIST_KNOWLEDGE_FILES>,
  ): Promise<RouteReply<typeof LIST_KNOWLEDGE_FILES>> {
    const { query: text, order_by: orderBy, direction, page, limit } = query;
    const request = { knowledgeId: baseIdOf(params.id), query: text, orderBy, direction, page, limit };
    return this.page(caller, await ofYourBase(this.rpc.call(READ_FILES, request, caller)));
  }

  @Endpoint(ADD_KNOWLEDGE_FILE)
  add(
    @From() caller: Caller,
    @Input() { params, body }: RouteInput<typeof ADD_KNOWLEDGE_FILE>,
  ): Promise<RouteReply<typeof ADD_KNOWLEDGE_FILE>> {
    return this.place(caller, params.id, [body.file_id]);
  }

  @Endpoint(ADD_KNOWLEDGE_FILES)
  addMany(
    @From() caller: Caller,
    @Input() { params, body }: RouteInput<typeof ADD_KNOWLEDGE_FILES>,
  ): Promise<RouteReply<typeof ADD_KNOWLEDGE_FILES>> {
    return this.place(
      caller,
      params.id,
      body.map((file) => file.file_id),
    );
  }

  @Endpoint(UPDATE_KNOWLEDGE_FILE)
  async readAgain(
    @From() { principal }: Caller,
    @Input() { params, body }: RouteInput<typeof UPDATE_KNOWLEDGE_FILE>,
  ): Promise<RouteReply<typeof UPDATE_KNOWLEDGE_FILE>> {
    const request = { knowledgeId: baseIdOf(params.id), fileId: fileIdOf(body.file_id) };
    return baseReply(await ofThisBase(this.rpc.call(READ_AGAIN, request, { principal })));
  }

  @Endpoint(REMOVE_KNOWLEDGE_FILE)
  async remove(
    @From() { principal }: Caller,
    @Input() { params, query, body }: RouteInput<typeof REMOVE_KNOWLEDGE_FILE>,
  ): Promise<RouteReply<typeof REMOVE_KNOWLEDGE_FILE>> {
    const request = { knowledgeId: baseIdOf(params.id), fileId: fileIdOf(body.file_id), deleteFile: query.delete_file };
    return baseReply(await ofThisBase(this.rpc.call(REMOVE, request, { principal })));
  }

  private async place({ principal }: Caller, baseId: string, files: string[]) {
    const request = { knowledgeId: baseIdOf(baseId), fileIds: files.map(fileIdOf) };
    return baseReply(await ofThisBase(this.rpc.call(ADD, request, { principal })));
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
