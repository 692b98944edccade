import { Controller } from '@nestjs/common';
import {
  DELETE_FROM_COLLECTION,
  PROCESS_FILE,
  PROCESS_TEXT,
  RESET_INDEX,
  RESET_UPLOADS,
  type RouteInput,
  type RouteReply,
} from '@perennial/contracts-gateway';
import { CallError, type UserPrincipal } from '@perennial/contracts-kernel';
import {
  ADD_KNOWLEDGE_FILES,
  DELETE_ALL_FILES,
  DELETE_FILE,
  GET_FILE,
  REINDEX,
  REMOVE_KNOWLEDGE_FILE,
  RETRY_FILE,
} from '@perennial/contracts-retrieval';
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

  @Endpoint(PROCESS_FILE)
  async file(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof PROCESS_FILE>,
  ): Promise<RouteReply<typeof PROCESS_FILE>> {
    const fileId = fileIdOf(body.file_id);
    const { filename } = await ofYourFile(this.rpc.call(GET_FILE, { fileId }, { principal }));
    if (body.content) await this.texts.replace(fileId, body.content, principal);
    const base = baseOf(body.collection_name);
    if (base !== undefined) {
      await this.rpc.call(ADD_KNOWLEDGE_FILES, { knowledgeId: base, fileIds: [fileId] }, { principal });
    } else if (!body.content) {
      await this.retry(fileId, principal);
    }
    return { status: true, collection_name: base ?? `file-${fileId}`, filename, content: body.content ?? '' };
  }

  @Endpoint(PROCESS_TEXT)
  async text(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof PROCESS_TEXT>,
  ): Promise<RouteReply<typeof PROCESS_TEXT>> {
    const { name, content } = body;
    const base = baseOf(body.collection_name);
    const { id, filename } = await this.texts.create(name, content, base, principal);
    return { status: true, collection_name: base ?? `file-${id}`, filename, content, file_id: id };
  }

  @Endpoint(DELETE_FROM_COLLECTION)
  async remove(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof DELETE_FROM_COLLECTION>,
  ): Promise<RouteReply<typeof DELETE_FROM_COLLECTION>> {
    const fileId = fileIdOf(body.file_id);
    const base = baseOf(body.collection_name);
    if (base === undefined) await ofYourFile(this.rpc.call(DELETE_FILE, { fileId }, { principal }));
    else await this.rpc.call(REMOVE_KNOWLEDGE_FILE, { knowledgeId: base, fileId, deleteFile: false }, { principal });
    return { status: true };
  }

  @Endpoint(RESET_INDEX)
  async resetIndex(@From() { principal }: Caller): Promise<RouteReply<typeof RESET_INDEX>> {
    await this.rpc.call(REINDEX, {}, { principal });
    return true;
  }

  @Endpoint(RESET_UPLOADS)
  async resetUploads(@From() { principal }: Caller): Promise<RouteReply<typeof RESET_UPLOADS>> {
    await this.rpc.call(DELETE_ALL_FILES, {}, { principal });
    return true;
  }

  /** A file that is in the search already need not be read again. */
  private async retry(fileId: string, principal: UserPrincipal): Promise<void> {
    try {
      await this.rpc.call(RETRY_FILE, { fileId }, { principal });
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
