import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { BlobStore, StoredBlob } from '@perennial/blob-store';
import { isUndecided, type Principal, type UserPrincipal } from '@perennial/contracts-kernel';
import { files, retrievalSettings, type StoredFile, toBlobKey } from '@perennial/contracts-retrieval';
import type { RetrievalSettings } from '@perennial/contracts-wire';
import { retry, Runtime } from '@perennial/runtime';
import { Rpc } from '@perennial/transport';
import { GATEWAY_ENV, type GatewayEnv } from '../../env';
import { AdmissionControl } from '../../http/admission-control';
import { Problem } from '../../problem';
import { BLOB_STORE, fileTooLarge, problemOfStore } from './blob-store';
import { type ArrivingFile, receiveForm } from './upload-form';
import { metadataOf } from './upload-metadata';

const MIB = 1_048_576;
/** Bytes of a form besides its file. */
const FORM_BYTES = MIB;
const GATEWAY: Principal = { kind: 'service', name: 'gateway' };
/** Delays in milliseconds before a stored file is registered again, because a repeated upload is expensive. */
const REGISTER_AGAIN_MS = [500, 2_000];

type ReceivedFile = StoredBlob & Omit<ArrivingFile, 'bytes'>;

/** Streams a file from its client into the store and registers it with retrieval. */
@Injectable()
export class UploadService {
  constructor(
    @Inject(BLOB_STORE) private readonly store: BlobStore,
    private readonly rpc: Rpc,
    private readonly runtime: Runtime,
    private readonly admission: AdmissionControl,
    @Inject(GATEWAY_ENV) private readonly env: GatewayEnv,
  ) {}

  /**
   * Resolves when the bytes are durable and the file's row and job are committed. An earlier failure removes the blob, unless it is unknown
   * whether retrieval has registered it: then the blob stays, and retrieval's reconciler removes it if it has no row.
   */
  async upload(request: IncomingMessage, principal: UserPrincipal, process: boolean): Promise<StoredFile> {
    const over = this.admission.upload(principal.userId);
    try {
      return await this.receive(request, principal, process);
    } finally {
      over();
    }
  }

  private async receive(request: IncomingMessage, principal: UserPrincipal, process: boolean): Promise<StoredFile> {
    const { settings } = await this.rpc.call(retrievalSettings.get, {}, { principal: GATEWAY });
    const maxBytes = Math.min(this.env.MAX_FILE_BYTES, (settings.FILE_MAX_SIZE ?? Infinity) * MIB);
    if (Number(request.headers['content-length'] ?? 0) > maxBytes + FORM_BYTES) throw fileTooLarge(maxBytes);
    const fileId = randomUUID();
    const key = toBlobKey(fileId, '1', principal.placement);
    let kept = false;
    try {
      const { file, fields } = await receiveForm(request, async (arriving) => {
        refuseKind(arriving.name, settings);
        const taken = await this.keep(key, arriving, maxBytes);
        kept = true;
        return taken;
      });
      return await this.register(fileId, file, metadataOf(fields), process, principal);
    } catch (error) {
      if (kept && !isUndecided(error)) await this.remove(key);
      throw error;
    }
  }

  private async keep(key: string, { bytes, name, contentType }: ArrivingFile, maxBytes: number): Promise<ReceivedFile> {
    try {
      return { ...(await this.store.put(key, bytes, { maxBytes, contentType })), name, contentType };
    } catch (error) {
      throw problemOfStore(error, this.runtime, () => fileTooLarge(maxBytes));
    }
  }

  private async register(
    fileId: string,
    { name, contentType, size, sha256 }: ReceivedFile,
    { metadata, knowledgeId, directoryId }: ReturnType<typeof metadataOf>,
    process: boolean,
    principal: UserPrincipal,
  ): Promise<StoredFile> {
    const request = { fileId, name, contentType, size, sha256, metadata, knowledgeId, directoryId, process };
    return retry(() => this.rpc.call(files.register, request, { principal, key: fileId }), {
      pauseMs: (error, attempt) => (isUndecided(error) ? REGISTER_AGAIN_MS[attempt - 1] : undefined),
    });
  }

  /** If the store is away the reconciler removes it. */
  private async remove(key: string): Promise<void> {
    try {
      await this.store.delete(key);
    } catch (error) {
      this.runtime.logger('uploads').warn({ err: error, key }, 'failed to remove the blob of a failed upload');
    }
  }
}

/** @throws Problem 415 */
function refuseKind(name: string, { ALLOWED_FILE_EXTENSIONS: allowed }: RetrievalSettings): void {
  const extension = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
  if (allowed.length === 0 || allowed.includes(extension)) return;
  throw new Problem(415, `Files of this kind are not allowed. Allowed are: ${allowed.join(', ')}.`).as(
    'file_kind_not_allowed',
  );
}
