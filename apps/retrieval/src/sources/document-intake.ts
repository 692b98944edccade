import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { BlobStore, StoredBlob } from '@perennial/blob-store';
import { isUndecided, type UserPrincipal } from '@perennial/contracts-kernel';
import { toBlobKey } from '@perennial/contracts-retrieval';
import { type Tx, UnitOfWork } from '@perennial/persistence';
import { WorkLostError } from '@perennial/work';
import { holdUser } from '../access/hold-user';
import { FileChanges } from '../files/file-changes';
import type { FileRow } from '../files/file-row';
import { FilesRepository } from '../files/files.repository';
import { PlacementsRepository } from '../files/placements.repository';
import { RegisterService } from '../files/register.service';
import { UserStorage } from '../files/user-storage';
import { BLOB_STORE } from '../stores/tokens';
import type { ReadDocument } from './source-reader';
import type { ClaimedSource, WaitingDocument } from './source-row';
import { SourceWorkRepository } from './source-work.repository';

/** Makes a document of a source a file of its base, by the way of an upload: the same limits, the same ingestion. */
@Injectable()
export class DocumentIntake {
  constructor(
    private readonly work: SourceWorkRepository,
    private readonly registration: RegisterService,
    private readonly files: FilesRepository,
    private readonly placements: PlacementsRepository,
    private readonly storage: UserStorage,
    private readonly changes: FileChanges,
    private readonly unitOfWork: UnitOfWork,
    @Inject(BLOB_STORE) private readonly blobs: BlobStore,
  ) {}

  /**
   * Keeps the bytes. Then one transaction makes the file or its new content, notes the document as done, and notes what it leads to: a worker
   * that dies has done all of it or nothing.
   *
   * @param most documents that the source may have
   *
   * @throws WebError, BlobStoreError, CallError as `files.register`, WorkLostError
   */
  async store(
    source: ClaimedSource,
    document: WaitingDocument,
    read: ReadDocument,
    { maxBytes, most }: { maxBytes: number; most: number },
  ): Promise<void> {
    const fileId = document.fileId ?? randomUUID();
    const key = toBlobKey(fileId, document.fileId === null ? '1' : randomUUID(), source.residence);
    const stored = await this.blobs.put(key, read.body, { maxBytes, contentType: read.contentType });
    let isUsed = false;
    try {
      const refusal = stored.size === 0 ? 'There is nothing in it.' : read.refusal();
      if (refusal !== undefined) {
        const state = stored.size === 0 ? 'skipped' : 'absent';
        await this.work.done(source, document.address, { state, message: refusal });
        return;
      }
      isUsed = await this.register(source, document, read, { fileId, key, stored }, most);
    } catch (error) {
      // Whether it is registered is unknown: the reconciler decides.
      isUsed = isUndecided(error);
      throw error;
    } finally {
      if (!isUsed) await this.blobs.delete(key).catch(() => undefined);
    }
  }

  /** @returns whether the bytes belong to a file now */
  private register(
    source: ClaimedSource,
    { address, fileId: known }: WaitingDocument,
    { name, contentType, metadata, etag, lastModified, leadsTo }: ReadDocument,
    { fileId, key, stored }: { fileId: string; key: string; stored: StoredBlob },
    most: number,
  ): Promise<boolean> {
    return this.unitOfWork.run(async (tx) => {
      await holdUser(tx, source.userId);
      if (!(await this.placements.holdBase(tx, source.baseId))) throw new WorkLostError();
      await this.work.assertMine(tx, source);
      const present = known === null ? undefined : await this.present(tx, source, known);
      // A person has removed the file meanwhile: the document is read again, for a file of its own.
      if (known !== null && !present) return false;
      if (present?.sha256 !== stored.sha256) {
        const request = {
          fileId,
          name,
          contentType,
          size: stored.size,
          sha256: stored.sha256,
          metadata,
          process: true,
        };
        if (present) await this.replace(tx, present, { ...request, blobKey: key });
        else await this.registration.registerIn(tx, { ...request, knowledgeId: source.baseId }, ownerOf(source));
      }
      await this.work.done(source, address, { state: 'stored', content: { fileId, etag, lastModified } }, tx);
      const further = leadsTo();
      if (further.length > 0) await this.work.found(source, further, most, tx);
      return present?.sha256 !== stored.sha256;
    });
  }

  private async present(tx: Tx, { baseId }: ClaimedSource, fileId: string): Promise<FileRow | undefined> {
    const row = await this.files.lock(tx, fileId);
    return row && (await this.placements.scopesOf(tx, fileId)).includes(baseId) ? row : undefined;
  }

  private async replace(
    tx: Tx,
    row: FileRow,
    content: { blobKey: string; contentType: string; size: number; sha256: string },
  ): Promise<void> {
    const { blobKey, contentType, size, sha256 } = content;
    await this.storage.assertRoom(tx, row.userId, size, row.id);
    const changed = await this.files.replace(tx, row, { blobKey, contentType, size, sha256 });
    if (changed) this.changes.changed(tx, [changed]);
  }
}

/** A source works for the owner of its base, and stores where the base is. */
function ownerOf({ userId, residence }: ClaimedSource): UserPrincipal {
  return { kind: 'user', userId, role: 'user', sessionId: 'source', placement: residence ?? undefined };
}
