import { Controller } from '@nestjs/common';
import { type RouteInput, type RouteReply, routes } from '@perennial/contracts-gateway';
import { CallError, type UserPrincipal } from '@perennial/contracts-kernel';
import { knowledge, files, searchIndex } from '@perennial/contracts-retrieval';
import { Rpc } from '@perennial/transport';
import type { Caller } from '../edge/caller';
import { Endpoint, From, Input } from '../edge/endpoint';
import { fileIdOf, ofYourFile } from '../files/not-your-file';
import { TextFiles } from '../files/text-files';
import { baseIdOf } from '../knowledge/not-your-base';

/** The older doors to what files and knowledge bases do by themselves now. */
@Controller()
export class ProcessController {
  constructor(
    private readonly rpc: Rpc,
    private readonly texts: TextFiles,
  ) {}

  @Endpoint(routes.retrieval.processFile)
  async file(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof routes.retrieval.processFile>,
  ): Promise<RouteReply<typeof routes.retrieval.processFile>> {
    const fileId = fileIdOf(body.file_id);
    const { filename } = await ofYourFile(this.rpc.call(files.get, { fileId }, { principal }));
    if (body.content) await this.texts.replace(fileId, body.content, principal);
    const base = baseOf(body.collection_name);
    if (base !== undefined) {
      await this.rpc.call(knowledge.addFiles, { knowledgeId: base, fileIds: [fileId] }, { principal });
    } else if (!body.content) {
      await this.retry(fileId, principal);
    }
    return { status: true, collection_name: base ?? `file-${fileId}`, filename, content: body.content ?? '' };
  }

  @Endpoint(routes.retrieval.processText)
  async text(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof routes.retrieval.processText>,
  ): Promise<RouteReply<typeof routes.retrieval.processText>> {
    const { name, content } = body;
    const base = baseOf(body.collection_name);
    const { id, filename } = await this.texts.create(name, content, base, principal);
    return { status: true, collection_name: base ?? `file-${id}`, filename, content, file_id: id };
  }

  @Endpoint(routes.retrieval.removeFromCollection)
  async remove(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof routes.retrieval.removeFromCollection>,
  ): Promise<RouteReply<typeof routes.retrieval.removeFromCollection>> {
    const fileId = fileIdOf(body.file_id);
    const base = baseOf(body.collection_name);
    if (base === undefined) await ofYourFile(this.rpc.call(files.remove, { fileId }, { principal }));
    else await this.rpc.call(knowledge.removeFile, { knowledgeId: base, fileId, deleteFile: false }, { principal });
    return { status: true };
  }

  @Endpoint(routes.retrieval.resetIndex)
  async resetIndex(@From() { principal }: Caller): Promise<RouteReply<typeof routes.retrieval.resetIndex>> {
    await this.rpc.call(searchIndex.rebuild, {}, { principal });
    return true;
  }

  @Endpoint(routes.retrieval.resetUploads)
  async resetUploads(@From() { principal }: Caller): Promise<RouteReply<typeof routes.retrieval.resetUploads>> {
    await this.rpc.call(files.removeAll, {}, { principal });
    return true;
  }

  /** A file that is in the search already need not be read again. */
  private async retry(fileId: string, principal: UserPrincipal): Promise<void> {
    try {
      await this.rpc.call(files.retry, { fileId }, { principal });
    } catch (error) {
      if (!(error instanceof CallError && error.code === 'FAILED_PRECONDITION')) throw error;
    }
  }
}

/** The base that a collection's name means; undefined for a file's own collection, or none. */
function baseOf(collection: string | null | undefined): string | undefined {
  if (collection === null || collection === undefined || /^file-/.test(collection)) return undefined;
  return baseIdOf(collection);
}
