import { Inject, Injectable } from '@nestjs/common';
import {
  CallError,
  type CallParsedRequest,
  type Principal,
  requireAdmin,
  requireUser,
} from '@perennial/contracts-kernel';
import { knowledge, type KnowledgeBase } from '@perennial/contracts-retrieval';
import { type OnceKey, type Tx, UnitOfWork } from '@perennial/persistence';
import { canWrite, readable, writable } from '../access/access';
import { type IdempotentCall, toOnceKey } from '../access/idempotent-call';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { FileChanges } from '../files/file-changes';
import type { FileRow } from '../files/file-row';
import { FilesRepository } from '../files/files.repository';
import { duplicateContent, PlacementsRepository } from '../files/placements.repository';
import { assertResidence } from '../stores/residence';
import { KnowledgeRepository } from './knowledge.repository';
import { knowledgeToWire } from './knowledge.service';

/** Files that are in no other base. */
const ONLY_IN = `
  EXISTS (SELECT 1 FROM placements p WHERE p.file_id = f.id AND p.scope = $1)
  AND NOT EXISTS (SELECT 1 FROM placements p WHERE p.file_id = f.id AND p.scope <> $1)`;

/** Membership of files in bases. All transactions lock the base first, then files in the order of their ids. */
@Injectable()
export class MembershipService {
  constructor(
    private readonly knowledge: KnowledgeRepository,
    private readonly files: FilesRepository,
    private readonly placements: PlacementsRepository,
    private readonly changes: FileChanges,
    private readonly unitOfWork: UnitOfWork,
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
  ) {}

  async add(request: CallParsedRequest<typeof knowledge.addFiles>, delivery: IdempotentCall): Promise<KnowledgeBase> {
    const { knowledgeId, fileIds } = request;
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
      const placed = await this.placements.place(tx, knowledgeId, wanted);
      if ((await this.placements.countIn(tx, knowledgeId)) > this.env.MAX_FILES_PER_BASE)
        throw new CallError('RESOURCE_EXHAUSTED', 'The knowledge base would hold too many files.', {
          problem: 'base_full',
        });
      // A worker indexes an active file there too before it completes it.
      const idle = rows.filter((row) => placed.includes(row.id) && (row.state === 'completed' || !row.queued));
      const failed = rows.filter((row) => placed.includes(row.id) && row.state === 'failed');
      const queued = await this.files.requeue(
        tx,
        [...new Set([...idle, ...failed])].map((row) => row.id),
        { anew: false },
      );
      this.changes.changed(tx, queued);
      await this.placements.touchBase(tx, knowledgeId);
      return this.reply(tx, knowledgeId, principal);
    });
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
    await this.placements.unplace(tx, knowledgeId, row.id);
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
    requireAdmin(delivery.principal);
    return this.once(toOnceKey(knowledge.reindex.pattern, delivery, { knowledgeId }), async (tx) => {
      const ids = (await this.knowledge.lockFiles(tx, knowledgeId ?? null)).map((row) => row.id);
      const rows = await this.files.requeue(tx, ids, { anew: true });
      this.changes.changed(tx, rows);
      return rows.length;
    });
  }

  /** With retries: despite the lock order Postgres may end one of two transactions that lock several rows. */
  private once<T>(key: OnceKey, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.unitOfWork.once(key, work, { retry: true });
  }

  private async empty(tx: Tx, knowledgeId: string, principal: Principal): Promise<void> {
    writable(principal, await this.knowledge.lock(tx, knowledgeId), 'knowledge base');
    await this.knowledge.lockFiles(tx, knowledgeId);
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
