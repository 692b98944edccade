import { Controller } from '@nestjs/common';
import { type RouteInput, type RouteReply, routes } from '@perennial/contracts-gateway';
import { files } from '@perennial/contracts-retrieval';
import { FILES_PER_PAGE } from '@perennial/contracts-wire';
import { Rpc } from '@perennial/transport';
import type { Caller } from '../edge/caller';
import { Endpoint, From, Input } from '../edge/endpoint';
import { fileNameOf } from './file-name';
import { fileReply } from './file-reply';
import { fileIdOf, ofYourFile } from './not-your-file';

@Controller()
export class FilesController {
  constructor(private readonly rpc: Rpc) {}

  @Endpoint(routes.files.list)
  list(
    @From() { principal }: Caller,
    @Input() { query }: RouteInput<typeof routes.files.list>,
  ): Promise<RouteReply<typeof routes.files.list>> {
    return this.rpc.call(files.list, { page: query.page, limit: FILES_PER_PAGE }, { principal });
  }

  @Endpoint(routes.files.search)
  async search(
    @From() { principal }: Caller,
    @Input() { query }: RouteInput<typeof routes.files.search>,
  ): Promise<RouteReply<typeof routes.files.search>> {
    const { filename, skip, limit } = query;
    return (await this.rpc.call(files.search, { filename, skip, limit }, { principal })).items;
  }

  @Endpoint(routes.files.count)
  async count(@From() { principal }: Caller): Promise<RouteReply<typeof routes.files.count>> {
    return (await this.rpc.call(files.count, {}, { principal })).count;
  }

  @Endpoint(routes.files.removeAll)
  async removeAll(@From() { principal }: Caller): Promise<RouteReply<typeof routes.files.removeAll>> {
    const { deleted } = await this.rpc.call(files.removeAll, {}, { principal });
    return { message: deleted === 1 ? 'One file was deleted.' : `${deleted} files were deleted.` };
  }

  @Endpoint(routes.files.get)
  async get(
    @From() { principal }: Caller,
    @Input() { params }: RouteInput<typeof routes.files.get>,
  ): Promise<RouteReply<typeof routes.files.get>> {
    return fileReply(await ofYourFile(this.rpc.call(files.get, { fileId: fileIdOf(params.id) }, { principal })));
  }

  @Endpoint(routes.files.remove)
  async remove(
    @From() { principal }: Caller,
    @Input() { params }: RouteInput<typeof routes.files.remove>,
  ): Promise<RouteReply<typeof routes.files.remove>> {
    await ofYourFile(this.rpc.call(files.remove, { fileId: fileIdOf(params.id) }, { principal }));
    return { message: 'The file was deleted.' };
  }

  @Endpoint(routes.files.rename)
  async rename(
    @From() { principal }: Caller,
    @Input() { params, body }: RouteInput<typeof routes.files.rename>,
  ): Promise<RouteReply<typeof routes.files.rename>> {
    const change = { fileId: fileIdOf(params.id), name: fileNameOf(body.filename) };
    return fileReply(await ofYourFile(this.rpc.call(files.rename, change, { principal })));
  }

  @Endpoint(routes.files.retry)
  async retry(
    @From() { principal }: Caller,
    @Input() { params }: RouteInput<typeof routes.files.retry>,
  ): Promise<RouteReply<typeof routes.files.retry>> {
    return fileReply(await ofYourFile(this.rpc.call(files.retry, { fileId: fileIdOf(params.id) }, { principal })));
  }
}
