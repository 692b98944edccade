import { Inject, Injectable } from '@nestjs/common';
import {
  CallError,
  type CallParsedRequest,
  type CallReply,
  type Principal,
  requireAdmin,
  requireUser,
  type UserPrincipal,
} from '@perennial/contracts-kernel';
import { knowledge, type KnowledgeBase } from '@perennial/contracts-retrieval';
import { type OnceKey, type Tx, UnitOfWork } from '@perennial/persistence';
import { canWrite, readable, writable } from '../access/access';
import { type IdempotentCall, toOnceKey } from '../access/idempotent-call';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { DirectoriesRepository } from '../files/directories.repository';
import { FileChanges } from '../files/file-changes';
import { FileMoves } from '../files/file-moves.repository';
import type { FileRow } from '../files/file-row';
import { FilesRepository } from '../files/files.repository';
import { type BaseRow, duplicateContent, PlacementsRepository } from '../files/placements.repository';
import { assertResidence } from '../stores/residence';
import { KnowledgeRepository } from './knowledge.repository';
import { knowledgeToWire } from './knowledge.service';

/** Retry-After in seconds when too many files wait. */
const RETRY_AFTER_S = 30;
/** Retry-After in seconds while files leave a base that is to be emptied. */
const LEAVING_RETRY_S = 5;

/** Files that are in no other base. */
const ONLY_IN = `
  EXISTS (SELECT 1 FROM placements p WHERE p.file_id = f.id AND p.scope = $1)
  AND NOT EXISTS (SELECT 1 FROM placements p WHERE p.file_id = f.id AND p.scope <> $1 AND p.moved_to IS NULL)`;

/** Membership of files in bases. All transactions lock the base first, then files in the order of their ids. */
@Injectable()
export class MembershipService {
  constructor(
    private readonly knowledge: KnowledgeRepository,
    private readonly files: FilesRepository,
    private readonly placements: PlacementsRepository,
    private readonly directories: DirectoriesRepository,
    private readonly moves: FileMoves,
    private readonly changes: FileChanges,
    private readonly unitOfWork: UnitOfWork,
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
  ) {}

  async add(request: CallParsedRequest<typeof knowledge.addFiles>, delivery: IdempotentCall): Promise<KnowledgeBase> {
    const { knowledgeId, fileIds, directoryOf } = request;
    const { principal } = delivery;
    return this.once(toOnceKey(knowledge.addFiles.pattern, delivery, request), async (tx) => {
      const user = requireUser(principal);
      const base = writable(user, await this.placements.holdBase(tx, knowledgeId), 'knowledge base');
      assertResidence(user, base, 'knowledge base');
      const wanted = [...new Set(fileIds)];
      const rows = await this.files.lockMany(tx, wanted);
      for (const id of wanted) {
        const file = readable(
          user,
          rows.find((row) => row.id === id),
          'file',
        );
        assertResidence(user, file, 'file');
      }
      await this.checkContent(tx, knowledgeId, rows);
      await this.directories.assertIn(tx, knowledgeId, Object.values(directoryOf));
      const placed = await this.placements.place(tx, knowledgeId, wanted, directoryOf);
      await this.assertRoom(tx, knowledgeId);
      await this.indexThere(
        tx,
        rows.filter((row) => placed.includes(row.id)),
      );
      await this.placements.touchBase(tx, knowledgeId);
      return this.reply(tx, knowledgeId, principal);
    });
  }

  private async assertRoom(tx: Tx, knowledgeId: string): Promise<void> {
    if ((await this.placements.countIn(tx, knowledgeId)) > this.env.MAX_FILES_PER_BASE)
      throw new CallError('RESOURCE_EXHAUSTED', 'The knowledge base would hold too many files.', {
        problem: 'base_full',
      });
  }

  /** Queues files that were placed somewhere. A worker indexes an active file there too before it completes it. */
  private async indexThere(tx: Tx, placed: readonly FileRow[]): Promise<void> {
    const idle = placed.filter(({ state, queued }) => state === 'completed' || state === 'failed' || !queued);
    this.changes.changed(
      tx,
      await this.files.requeue(
        tx,
        idle.map(({ id }) => id),
        { anew: false },
      ),
    );
  }

  /** Within its base, or to another one. */
  async move(
    request: CallParsedRequest<typeof knowledge.moveFile>,
    delivery: IdempotentCall,
  ): Promise<CallReply<typeof knowledge.moveFile>> {
    const { knowledgeId: from, fileId, directoryId } = request;
    const to = request.toKnowledgeId ?? from;
    const { principal } = delivery;
    return this.once(toOnceKey(knowledge.moveFile.pattern, delivery, request), async (tx) => {
      // In the order of their ids: two moves in opposite directions lock them alike.
      const bases = new Map<string, BaseRow | undefined>();
      for (const id of [...new Set([from, to])].sort()) bases.set(id, await this.placements.holdBase(tx, id));
      const base = writable(principal, bases.get(to), 'knowledge base');
      const file = await this.member(tx, from, fileId, principal);
      if (directoryId !== null) await this.directories.assertIn(tx, to, [directoryId]);
      if (to === from) await this.placements.setDirectory(tx, to, fileId, directoryId);
      else await this.moveTo(tx, base, from, file, directoryId, requireUser(principal));
      await this.placements.touchBase(tx, from);
      if (to !== from) await this.placements.touchBase(tx, to);
      return { moved: true };
    });
  }

  private async moveTo(
    tx: Tx,
    base: BaseRow,
    from: string,
    file: FileRow,
    directoryId: string | null,
    user: UserPrincipal,
  ): Promise<void> {
    assertResidence(user, base, 'knowledge base');
    assertResidence(user, readable(user, file, 'file'), 'file');
    await this.checkContent(tx, base.id, [file]);
    await this.moves.begin(tx, file.id, from, base.id, directoryId);
    await this.assertRoom(tx, base.id);
    // Without a live text it is found nowhere.
    if (file.liveGeneration === null) await this.moves.endAll(tx, file.id, base.id);
    else await this.moves.settle(tx, file.id, { indexes: true });
    await this.indexThere(tx, [file]);
  }

  /** All files in a base have different bytes, also those of one call. */
  private async checkContent(tx: Tx, knowledgeId: string, rows: readonly FileRow[]): Promise<void> {
    const hashes = rows.map((row) => row.sha256);
    const held = await this.placements.heldContent(
      tx,
      knowledgeId,
      hashes,
      rows.map((row) => row.id),
    );
    if (held.length > 0 || new Set(hashes).size < hashes.length) throw duplicateContent();
  }

  /** Extracts, embeds and indexes a file of the base again. */
  async refresh(
    request: CallParsedRequest<typeof knowledge.updateFile>,
    delivery: IdempotentCall,
  ): Promise<KnowledgeBase> {
    const { knowledgeId, fileId } = request;
    const { principal } = delivery;
    return this.once(toOnceKey(knowledge.updateFile.pattern, delivery, request), async (tx) => {
      await this.member(tx, knowledgeId, fileId, principal);
      this.changes.changed(tx, await this.files.requeue(tx, [fileId], { anew: true }));
      await this.placements.touchBase(tx, knowledgeId);
      return this.reply(tx, knowledgeId, principal);
    });
  }

  async remove(
    request: CallParsedRequest<typeof knowledge.removeFile>,
    delivery: IdempotentCall,
  ): Promise<KnowledgeBase> {
    const { knowledgeId, fileId, deleteFile } = request;
    const { principal } = delivery;
    return this.once(toOnceKey(knowledge.removeFile.pattern, delivery, request), async (tx) => {
      const row = await this.member(tx, knowledgeId, fileId, principal);
      await this.takeOut(tx, knowledgeId, row, deleteFile && canWrite(principal, row));
      await this.placements.touchBase(tx, knowledgeId);
      return this.reply(tx, knowledgeId, principal);
    });
  }

  /** Takes a locked file out of a locked base; `deletes`: deletes it too, if it is in no other one. */
  async takeOut(tx: Tx, knowledgeId: string, row: FileRow, deletes: boolean): Promise<void> {
    await this.placements.unplace(tx, knowledgeId, [row.id]);
    const left = await this.placements.scopesOf(tx, row.id);
    if (left.length > 0) return;
    if (deletes) {
      this.changes.deleted(tx, await this.files.markDeleted(tx, 'f.id = $1', row.id));
    } else {
      await this.placements.place(tx, row.id, [row.id]);
      // Its points are needed in another scope now; a worker indexes an active file there before it completes it.
      if (row.state === 'completed' || (row.state === 'failed' && row.liveGeneration !== null))
        this.changes.changed(tx, await this.files.requeue(tx, [row.id], { anew: false }));
    }
  }

  async reset(knowledgeId: string, delivery: IdempotentCall): Promise<KnowledgeBase> {
    const { principal } = delivery;
    return this.once(toOnceKey(knowledge.reset.pattern, delivery, { knowledgeId }), async (tx) => {
      await this.empty(tx, knowledgeId, principal);
      await this.placements.touchBase(tx, knowledgeId);
      return this.reply(tx, knowledgeId, principal);
    });
  }

  async delete(knowledgeId: string, delivery: IdempotentCall): Promise<{ deleted: boolean }> {
    return this.once(toOnceKey(knowledge.remove.pattern, delivery, { knowledgeId }), async (tx) => {
      await this.empty(tx, knowledgeId, delivery.principal);
      await this.knowledge.markDeleted(tx, knowledgeId);
      return { deleted: true };
    });
  }

  /** Queues every file, or those of one base, as new generations. */
  async reindex(knowledgeId: string | undefined, delivery: IdempotentCall): Promise<number> {
    const { principal } = delivery;
    if (knowledgeId === undefined) requireAdmin(principal);
    return this.once(toOnceKey(knowledge.reindex.pattern, delivery, { knowledgeId }), async (tx) => {
      if (knowledgeId !== undefined)
        writable(principal, await this.placements.holdBase(tx, knowledgeId), 'knowledge base');
      // An administrator's own order is not refused. That of others is before it costs anything.
      const isAdmin = requireUser(principal).role === 'admin';
      if (!isAdmin) await this.assertFewWait(tx, await this.files.countRequeued(tx, knowledgeId ?? null));
      const { queued, first } = await this.files.requeueAll(tx, knowledgeId ?? null);
      // Others may have queued theirs meanwhile.
      if (!isAdmin) await this.assertFewWait(tx);
      this.changes.changed(tx, first);
      return queued;
    });
  }

  private async assertFewWait(tx: Tx, more = 0): Promise<void> {
    if ((await this.files.waiting(tx)) + more > this.env.MAX_QUEUED_FILES)
      throw new CallError('UNAVAILABLE', 'Too many files wait to be processed. Try again later.', {
        problem: 'too_many_files_wait',
        retryAfter: RETRY_AFTER_S,
        refused: true,
      });
  }

  /** With retries: despite the lock order Postgres may end one of two transactions that lock several rows. */
  private once<T>(key: OnceKey, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.unitOfWork.once(key, work, { retry: true });
  }

  private async empty(tx: Tx, knowledgeId: string, principal: Principal): Promise<void> {
    writable(principal, await this.knowledge.lock(tx, knowledgeId), 'knowledge base');
    await this.knowledge.lockFiles(tx, knowledgeId);
    if (await this.moves.isBeingLeft(tx, knowledgeId))
      throw new CallError(
        'UNAVAILABLE',
        'Files are still on their way from this knowledge base to another one. Try again in a moment.',
        { problem: 'files_leaving', retryAfter: LEAVING_RETRY_S, refused: true },
      );
    this.changes.deleted(tx, await this.files.markDeleted(tx, ONLY_IN, knowledgeId));
    await this.knowledge.clear(tx, knowledgeId);
  }

  /** A locked file of a base that the principal may change. */
  private async member(tx: Tx, knowledgeId: string, fileId: string, principal: Principal): Promise<FileRow> {
    writable(principal, await this.placements.holdBase(tx, knowledgeId), 'knowledge base');
    const row = await this.files.lock(tx, fileId);
    if (row && (await this.placements.scopesOf(tx, fileId)).includes(knowledgeId)) return row;
    throw new CallError('NOT_FOUND', 'There is no such file in this knowledge base.');
  }

  private async reply(tx: Tx, knowledgeId: string, principal: Principal): Promise<KnowledgeBase> {
    return knowledgeToWire(
      readable(principal, await this.knowledge.find(knowledgeId, tx), 'knowledge base'),
      principal,
    );
  }
}
