import { Controller } from '@nestjs/common';
import {
  COUNT_FILES,
  DELETE_ALL_FILES,
  DELETE_FILE,
  FILES_PER_PAGE,
  GET_FILE,
  LIST_FILES,
  RENAME_FILE,
  RETRY_FILE,
  SEARCH_FILES,
  type RouteInput,
  type RouteReply,
} from '@perennial/contracts-gateway';
import {
  COUNT_FILES as COUNT,
  DELETE_ALL_FILES as REMOVE_ALL,
  DELETE_FILE as REMOVE,
  GET_FILE as READ,
  LIST_FILES as READ_PAGE,
  RENAME_FILE as RENAME,
  RETRY_FILE as RETRY,
  SEARCH_FILES as FIND,
} from '@perennial/contracts-retrieval';
import { Rpc } from '@perennial/transport';
import type { Caller } from '../edge/caller';
import { Endpoint, From, Input } from '../edge/endpoint';
import { fileNameOf } from './file-name';
import { fileReply } from './file-reply';
import { fileIdOf, ofYourFile } from './not-your-file';

@Controller()
export class FilesController {
  constructor(private readonly rpc: Rpc) {}

  @Endpoint(LIST_FILES)
  list(
    @From() { principal }: Caller,
    @Input() { query }: RouteInput<typeof LIST_FILES>,
  ): Promise<RouteReply<typeof LIST_FILES>> {
    return this.rpc.call(READ_PAGE, { page: query.page, limit: FILES_PER_PAGE }, { principal });
  }

  @Endpoint(SEARCH_FILES)
  async search(
    @From() { principal }: Caller,
    @Input() { query }: RouteInput<typeof SEARCH_FILES>,
  ): Promise<RouteReply<typeof SEARCH_FILES>> {
    const { filename, skip, limit } = query;
    return (await this.rpc.call(FIND, { filename, skip, limit }, { principal })).items;
  }

  @Endpoint(COUNT_FILES)
  async count(@From() { principal }: Caller): Promise<RouteReply<typeof COUNT_FILES>> {
    return (await this.rpc.call(COUNT, {}, { principal })).count;
  }

  @Endpoint(DELETE_ALL_FILES)
  async removeAll(@From() { principal }: Caller): Promise<RouteReply<typeof DELETE_ALL_FILES>> {
    const { deleted } = await this.rpc.call(REMOVE_ALL, {}, { principal });
    return { message: deleted === 1 ? 'One file was deleted.' : `${deleted} files were deleted.` };
  }

  @Endpoint(GET_FILE)
  async get(
    @From() { principal }: Caller,
    @Input() { params }: RouteInput<typeof GET_FILE>,
  ): Promise<RouteReply<typeof GET_FILE>> {
    return fileReply(await ofYourFile(this.rpc.call(READ, { fileId: fileIdOf(params.id) }, { principal })));
  }

  @Endpoint(DELETE_FILE)
  async remove(
    @From() { principal }: Caller,
    @Input() { params }: RouteInput<typeof DELETE_FILE>,
  ): Promise<RouteReply<typeof DELETE_FILE>> {
    await ofYourFile(this.rpc.call(REMOVE, { fileId: fileIdOf(params.id) }, { principal }));
    return { message: 'The file was deleted.' };
  }

  @Endpoint(RENAME_FILE)
  async rename(
    @From() { principal }: Caller,
    @Input() { params, body }: RouteInput<typeof RENAME_FILE>,
  ): Promise<RouteReply<typeof RENAME_FILE>> {
    const change = { fileId: fileIdOf(params.id), name: fileNameOf(body.filename) };
    return fileReply(await ofYourFile(this.rpc.call(RENAME, change, { principal })));
  }

  @Endpoint(RETRY_FILE)
  async retry(
    @From() { principal }: Caller,
    @Input() { params }: RouteInput<typeof RETRY_FILE>,
  ): Promise<RouteReply<typeof RETRY_FILE>> {
    return fileReply(await ofYourFile(this.rpc.call(RETRY, { fileId: fileIdOf(params.id) }, { principal })));
  }
}
