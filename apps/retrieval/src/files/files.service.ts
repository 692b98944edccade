import { Injectable } from '@nestjs/common';
import {
  CallError,
  type CallParsedRequest,
  type CallReply,
  type Principal,
  requireAdmin,
  requireUser,
} from '@perennial/contracts-kernel';
import { files, type FileStatus, type StoredFile, toBlobKey } from '@perennial/contracts-retrieval';
import { type OnceKey, type Tx, UnitOfWork } from '@perennial/persistence';
import { canRead, readable, writable } from '../access/access';
import { type IdempotentCall, toOnceKey } from '../access/idempotent-call';
import { IndexCatalog } from '../search-index/index-catalog';
import { assertResidence } from '../stores/residence';
import { FileChanges } from './file-changes';
import { type FileRow, toStatus, toWire } from './file-row';
import { FilesRepository } from './files.repository';
import { joinChunks } from './text-pieces';
import { UserStorage } from './user-storage';

/** Chunks read at once for the text of a file. */
const TEXT_BATCH = 200;

/** Users' operations on their files. */
@Injectable()
export class FilesService {
  constructor(
    private readonly files: FilesRepository,
    private readonly changes: FileChanges,
    private readonly catalog: IndexCatalog,
    private readonly storage: UserStorage,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async get(fileId: string, principal: Principal): Promise<StoredFile> {
    return toWire(await this.read(fileId, principal));
  }

  async locate(fileId: string, principal: Principal): Promise<CallReply<typeof files.locate>> {
    const { blobKey, name, contentType, size, sha256 } = await this.read(fileId, principal);
    return { blobKey, name, contentType, size, sha256 };
  }

  /** The readable ones, in no order. */
  async statuses(fileIds: readonly string[], principal: Principal): Promise<FileStatus[]> {
    requireUser(principal);
    const rows = await this.files.findMany(fileIds);
    return rows.filter((row) => canRead(principal, row)).map(toStatus);
  }

  async list(
    { page, limit }: CallParsedRequest<typeof files.list>,
    principal: Principal,
  ): Promise<CallReply<typeof files.list>> {
    const { rows, total } = await this.files.list(requireUser(principal), page, limit);
    return { items: rows.map(toWire), total };
  }

  async search(
    { filename, skip, limit }: CallParsedRequest<typeof files.search>,
    principal: Principal,
  ): Promise<StoredFile[]> {
    const rows = await this.files.search(requireUser(principal), likeOf(filename), skip, limit);
    return rows.map(toWire);
  }

  async count(principal: Principal): Promise<number> {
    return this.files.count(requireUser(principal).userId);
  }

  /**
   * One piece of the extracted text, from one snapshot: the chunks of a generation are removed soon after another one is live.
   */
  async text(
    request: CallParsedRequest<typeof files.text>,
    principal: Principal,
  ): Promise<CallReply<typeof files.text>> {
    return this.unitOfWork.run((tx) => this.readText(tx, request, principal), { isolation: 'REPEATABLE READ' });
  }

  /** Overlaps between chunks are removed, also at the beginning of a piece. */
  private async readText(
    tx: Tx,
    { fileId, from, maxChars }: CallParsedRequest<typeof files.text>,
    principal: Principal,
  ): Promise<CallReply<typeof files.text>> {
    const file = readable(principal, await this.files.find(fileId, tx), 'file');
    const generation = file.liveGeneration ?? file.generation;
    if (from && from.generation !== generation)
      throw new CallError(
        'FAILED_PRECONDITION',
        'The file was replaced while it was read. Read it from the beginning.',
      );
    let chunk = from?.chunk ?? 0;
    const before = chunk > 0 ? (await this.files.chunks(tx, fileId, generation, chunk - 1, 1))[0] : undefined;
    let end = before?.end ?? 0;
    let content = '';
    for (;;) {
      const chunks = await this.files.chunks(tx, fileId, generation, chunk, TEXT_BATCH);
      for (const placed of chunks) {
        content += joinChunks([placed], end);
        end = Math.max(end, placed.end);
        chunk = placed.ordinal + 1;
        if (content.length >= maxChars) return { content, next: { generation, chunk } };
      }
      if (chunks.length < TEXT_BATCH) return { content, next: null };
    }
  }

  async rename(request: CallParsedRequest<typeof files.rename>, delivery: IdempotentCall): Promise<StoredFile> {
    const { fileId, name } = request;
    const once = toOnceKey(files.rename.pattern, delivery, request);
    return this.change(once, fileId, delivery.principal, (tx) => this.files.rename(tx, fileId, name));
  }

  async delete(
    request: CallParsedRequest<typeof files.remove>,
    delivery: IdempotentCall,
  ): Promise<CallReply<typeof files.remove>> {
    const { fileId } = request;
    const { principal } = delivery;
    return this.unitOfWork.once(toOnceKey(files.remove.pattern, delivery, request), async (tx) => {
      const row = await this.files.lock(tx, fileId);
      writable(principal, row, 'file');
      this.changes.deleted(tx, await this.files.markDeleted(tx, 'f.id = $1', fileId));
      return { deleted: true };
    });
  }

  async deleteAll(delivery: IdempotentCall): Promise<number> {
    requireAdmin(delivery.principal);
    const once = toOnceKey(files.removeAll.pattern, delivery, {});
    return this.unitOfWork.once(
      once,
      async (tx) => {
        const rows = await this.files.markDeleted(tx, '$1::boolean', true);
        this.changes.deleted(tx, rows);
        return rows.length;
      },
      { retry: true },
    );
  }

  /** Files and bases of a deleted user. */
  async deleteOfUser(userId: string, delivery: IdempotentCall): Promise<CallReply<typeof files.removeOfUser>> {
    requireAdmin(delivery.principal);
    const once = toOnceKey(files.removeOfUser.pattern, delivery, { userId });
    return this.unitOfWork.once(
      once,
      async (tx) => {
        // Bases before files: the order of `MembershipService`.
        const bases = await this.files.markBasesDeleted(tx, userId);
        const rows = await this.files.markDeleted(tx, 'f.user_id = $1', userId);
        this.changes.deleted(tx, rows);
        return { files: rows.length, bases };
      },
      { retry: true },
    );
  }

  async replace(request: CallParsedRequest<typeof files.replace>, delivery: IdempotentCall): Promise<StoredFile> {
    const { fileId, blobKey } = request;
    const user = requireUser(delivery.principal);
    if (!blobKey.startsWith(toBlobKey(fileId, '', user.placement)))
      throw new CallError('FAILED_PRECONDITION', 'These bytes are not stored as a content of this file.');
    const once = toOnceKey(files.replace.pattern, delivery, request);
    return this.change(once, fileId, delivery.principal, async (tx, row) => {
      // The same bytes in another call: its caller did not get the first reply.
      if (row.blobKey === blobKey) return row;
      assertResidence(user, row, 'file');
      await this.storage.assertRoom(tx, row.userId, request.size, fileId);
      return this.files.replace(tx, row, request);
    });
  }

  async retry(fileId: string, delivery: IdempotentCall): Promise<StoredFile> {
    const once = toOnceKey(files.retry.pattern, delivery, { fileId });
    return this.change(once, fileId, delivery.principal, async (tx, row) => {
      if (row.state === 'completed' && !(await this.files.isRefused(tx, fileId)))
        throw new CallError('FAILED_PRECONDITION', 'The file has been processed; there is nothing to try again.');
      // It is being ingested already.
      if (row.state === 'processing') return row;
      // It may wait for a pause of its own, or for that of its embedder.
      await this.catalog.endPause(tx);
      return (await this.files.requeue(tx, [fileId], { anew: false }))[0];
    });
  }

  private async read(fileId: string, principal: Principal): Promise<FileRow> {
    return readable(principal, await this.files.find(fileId), 'file');
  }

  private async change(
    once: OnceKey,
    fileId: string,
    principal: Principal,
    change: (tx: Tx, row: FileRow) => Promise<FileRow | undefined>,
  ): Promise<StoredFile> {
    return this.unitOfWork.once(once, async (tx) => {
      const row = writable(principal, await this.files.lock(tx, fileId), 'file');
      const changed = (await change(tx, row)) ?? row;
      this.changes.changed(tx, [changed]);
      return toWire(changed);
    });
  }
}

/** `*` and `?` of the wire as a LIKE pattern; other characters are literals. */
function likeOf(glob: string): string {
  return glob
    .replace(/[\\%_]/g, (special) => `\\${special}`)
    .replaceAll('*', '%')
    .replaceAll('?', '_');
}
