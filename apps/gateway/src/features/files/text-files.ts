import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { BlobStore, StoredBlob } from '@perennial/blob-store';
import { CallError, isUndecided, type UserPrincipal } from '@perennial/contracts-kernel';
import { files, type StoredFile, toBlobKey } from '@perennial/contracts-retrieval';
import { Runtime } from '@perennial/runtime';
import { Rpc } from '@perennial/transport';
import { GATEWAY_ENV, type GatewayEnv } from '../../env';
import { BLOB_STORE, fileTooLarge, problemOfStore } from './blob-store';
import { toFileName } from './file-name';

const TEXT = 'text/plain; charset=utf-8';

/** Files whose content came as text in a request body. */
@Injectable()
export class TextFiles {
  constructor(
    @Inject(BLOB_STORE) private readonly store: BlobStore,
    @Inject(GATEWAY_ENV) private readonly env: GatewayEnv,
    private readonly rpc: Rpc,
    private readonly runtime: Runtime,
  ) {}

  /**
   * Creates a file from a text.
   *
   * @throws CallError as `files.register`
   */
  async create(
    name: string,
    content: string,
    knowledgeId: string | undefined,
    principal: UserPrincipal,
  ): Promise<StoredFile> {
    const fileId = randomUUID();
    const key = toBlobKey(fileId, '1', principal.placement);
    const { size, sha256 } = await this.keep(key, content);
    const file = { fileId, name: named(toFileName(name)), contentType: TEXT, size, sha256, knowledgeId };
    return this.orRemove(key, this.rpc.call(files.register, file, { principal, key: fileId }));
  }

  /**
   * Replaces a file's content by a text; a caller without the right is refused before anything is stored.
   *
   * @throws CallError as `files.replace`
   */
  async replace(fileId: string, content: string, principal: UserPrincipal): Promise<StoredFile> {
    const { filename } = await this.rpc.call(files.get, { fileId }, { principal });
    const blobKey = toBlobKey(fileId, randomUUID(), principal.placement);
    const { size, sha256 } = await this.keep(blobKey, content);
    const change = { fileId, blobKey, contentType: TEXT, size, sha256, name: named(filename) };
    return this.orRemove(blobKey, this.rpc.call(files.replace, change, { principal, key: blobKey }));
  }

  private async keep(key: string, content: string): Promise<StoredBlob> {
    const maxBytes = this.env.MAX_FILE_BYTES;
    try {
      const source = Readable.from([Buffer.from(content)]);
      return await this.store.put(key, source, { maxBytes, contentType: TEXT });
    } catch (error) {
      throw problemOfStore(error, this.runtime, () => fileTooLarge(maxBytes));
    }
  }

  /** Removes the blob if retrieval refused it; if the outcome is unknown it is left to retrieval's reconciler. */
  private async orRemove<T>(key: string, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof CallError && !isUndecided(error)) await this.store.delete(key).catch(() => undefined);
      throw error;
    }
  }
}

/** An extension of a binary format. */
const NOT_TEXT = /\.(?:pdf|docx?|docm|dotx|xls[xmb]?|ppt[xm]?|od[tsp]|epub|zip)$/i;

/** The extractor also uses the name, and the text of a "plan.pdf" is not a PDF. */
function named(name: string): string {
  return NOT_TEXT.test(name) ? `${name}.txt` : name;
}
