import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { type BlobContent, type BlobRange, type BlobStore, RangeNotSatisfiableError } from '@perennial/blob-store';
import { pictures } from '@perennial/contracts-chat';
import { CallError, type CallReply, type UserPrincipal } from '@perennial/contracts-kernel';
import { files } from '@perennial/contracts-retrieval';
import { Runtime } from '@perennial/runtime';
import { Rpc } from '@perennial/transport';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { namesTag } from '../../http/entity-tag';
import { hideForbidden, idOf } from '../../http/hidden';
import { Problem } from '../../problem';
import { BLOB_STORE, problemOfStore } from './blob-store';
import { essenceOf, mayBeShown, parseRange, policyOf, toDisposition, typeHeaderOf } from './content-headers';

const HTML = /^(?:text\/html|application\/xhtml\+xml)$/;

/** Use of the bytes. `page`: an HTML document for display, with scripts disabled. */
export type Use = 'shown' | 'saved' | 'page';

/** Streams files from the store to clients: never whole in memory, never run in our origin. */
@Injectable()
export class ContentService {
  constructor(
    @Inject(BLOB_STORE) private readonly store: BlobStore,
    private readonly rpc: Rpc,
    private readonly runtime: Runtime,
  ) {}

  /** Answers the request with the file, a range of it, or 304. @throws Problem 404, 416, 503 */
  async send(
    fileId: string,
    principal: UserPrincipal,
    request: FastifyRequest,
    reply: FastifyReply,
    use: Use,
  ): Promise<void> {
    const file = await hideForbidden('file', this.locate(idOf('file', fileId), principal));
    if (use === 'page' && !HTML.test(essenceOf(file.contentType)))
      throw new Problem(404, 'This file is not an HTML document.');
    const tag = `"${file.sha256}"`;
    const inline = use === 'page' || (use === 'shown' && mayBeShown(file.contentType));
    // Not compressed: length and ranges are those of the stored bytes.
    request.headers['x-no-compression'] = '1';
    void reply.headers({
      'content-type': typeHeaderOf(file.contentType),
      'content-disposition': toDisposition(file.name, inline ? 'inline' : 'attachment'),
      'content-security-policy': policyOf(file.contentType),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      // Revalidated each time, so that a client loses access with its rights; the tag makes it cheap.
      'cache-control': 'private, no-cache',
      'accept-ranges': 'bytes',
      etag: tag,
    });
    if (namesTag(request.headers['if-none-match'], tag)) return void reply.code(304).send();
    const { 'if-range': ifRange, range: header } = request.headers;
    const range = ifRange === undefined || ifRange === tag ? parseRange(header) : undefined;
    // Fastify would send the length of the payload instead of the file's, except for a stream.
    if (request.method === 'HEAD') return void reply.header('content-length', file.size).send(Readable.from([]));
    const content = await this.open(file.blobKey, range, reply);
    void reply.header('content-length', content.length);
    if (range !== undefined) {
      const end = content.start + content.length - 1;
      void reply.code(206).header('content-range', `bytes ${content.start}-${end}/${content.size}`);
    }
    void reply.send(content.stream);
  }

  /** A file, or a picture of a message: they share their addresses. */
  private async locate(fileId: string, principal: UserPrincipal): Promise<CallReply<typeof files.locate>> {
    try {
      return await this.rpc.call(files.locate, { fileId }, { principal });
    } catch (error) {
      if (!(error instanceof CallError && error.code === 'NOT_FOUND')) throw error;
      const picture = await this.rpc.call(pictures.locate, { pictureId: fileId }, { principal });
      return { ...picture, name: `picture.${picture.contentType.replace('image/', '')}` };
    }
  }

  private async open(key: string, range: BlobRange | undefined, reply: FastifyReply): Promise<BlobContent> {
    try {
      return await this.store.get(key, { range });
    } catch (error) {
      for (const name of ['etag', 'content-disposition', 'accept-ranges', 'content-type'])
        void reply.removeHeader(name);
      if (error instanceof RangeNotSatisfiableError)
        throw new Problem(416, 'The range lies outside of the file.', { 'content-range': `bytes */${error.size}` });
      throw problemOfStore(error, this.runtime);
    }
  }
}
