import { Controller } from '@nestjs/common';
import { type RouteInput, type RouteReply, routes } from '@perennial/contracts-gateway';
import { CallError, type UserPrincipal } from '@perennial/contracts-kernel';
import { files, knowledge } from '@perennial/contracts-retrieval';
import { Rpc } from '@perennial/transport';
import { hideForbidden, idOf } from '../../http/hidden';
import { CurrentUser, Route, ValidatedInput } from '../../http/route';
import type { Caller } from '../../sessions/caller';
import { TextFiles } from '../files/text-files';
import { WebPages } from './web-pages';

/** Older routes for what files and knowledge bases now do by themselves. */
@Controller()
export class ProcessController {
  constructor(
    private readonly rpc: Rpc,
    private readonly texts: TextFiles,
    private readonly pages: WebPages,
  ) {}

  @Route(routes.retrieval.processFile)
  async file(
    @CurrentUser() { principal }: Caller,
    @ValidatedInput() { body }: RouteInput<typeof routes.retrieval.processFile>,
  ): Promise<RouteReply<typeof routes.retrieval.processFile>> {
    const fileId = idOf('file', body.file_id);
    const { filename } = await hideForbidden('file', this.rpc.call(files.get, { fileId }, { principal }));
    if (body.content) await this.texts.replace(fileId, body.content, principal);
    const base = baseOf(body.collection_name);
    if (base !== undefined) {
      await this.rpc.call(knowledge.addFiles, { knowledgeId: base, fileIds: [fileId] }, { principal });
    } else if (!body.content) {
      await this.retry(fileId, principal);
    }
    return { status: true, collection_name: base ?? `file-${fileId}`, filename, content: body.content ?? '' };
  }

  @Route(routes.retrieval.processText)
  async text(
    @CurrentUser() { principal }: Caller,
    @ValidatedInput() { body }: RouteInput<typeof routes.retrieval.processText>,
  ): Promise<RouteReply<typeof routes.retrieval.processText>> {
    const { name, content } = body;
    const base = baseOf(body.collection_name);
    const { id, filename } = await this.texts.create(name, content, base, principal);
    return { status: true, collection_name: base ?? `file-${id}`, filename, content, file_id: id };
  }

  @Route(routes.retrieval.processWeb)
  async web(
    @CurrentUser() { principal }: Caller,
    @ValidatedInput() { body, query }: RouteInput<typeof routes.retrieval.processWeb>,
  ): Promise<RouteReply<typeof routes.retrieval.processWeb>> {
    const base = query.process ? baseOf(body.collection_name) : undefined;
    const { id, filename } = await this.pages.load(body.url, base, principal);
    const content = await this.pages.text(id, principal);
    if (!query.process) {
      await this.rpc.call(files.remove, { fileId: id }, { principal });
      return { status: true, content };
    }
    const file = { id, data: { content }, meta: { name: filename, source: body.url } };
    return { status: true, collection_name: base ?? `file-${id}`, filename: body.url, file };
  }

  @Route(routes.retrieval.removeFromCollection)
  async remove(
    @CurrentUser() { principal }: Caller,
    @ValidatedInput() { body }: RouteInput<typeof routes.retrieval.removeFromCollection>,
  ): Promise<RouteReply<typeof routes.retrieval.removeFromCollection>> {
    const fileId = idOf('file', body.file_id);
    const base = baseOf(body.collection_name);
    if (base === undefined) await hideForbidden('file', this.rpc.call(files.remove, { fileId }, { principal }));
    else await this.rpc.call(knowledge.removeFile, { knowledgeId: base, fileId, deleteFile: false }, { principal });
    return { status: true };
  }

  /** A file that searches find already is not ingested again. */
  private async retry(fileId: string, principal: UserPrincipal): Promise<void> {
    try {
      await this.rpc.call(files.retry, { fileId }, { principal });
    } catch (error) {
      if (!(error instanceof CallError && error.code === 'FAILED_PRECONDITION')) throw error;
    }
  }
}

/** The base that a collection name refers to; undefined for a file's own collection, or none. */
function baseOf(collection: string | null | undefined): string | undefined {
  if (collection === null || collection === undefined || /^file-/.test(collection)) return undefined;
  return idOf('base', collection);
}
