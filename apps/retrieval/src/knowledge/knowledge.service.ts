import { Inject, Injectable } from '@nestjs/common';
import {
  CallError,
  type CallParsedRequest,
  type CallReply,
  type Principal,
  requireUser,
} from '@perennial/contracts-kernel';
import { knowledge, type KnowledgeBase } from '@perennial/contracts-retrieval';
import { UnitOfWork } from '@perennial/persistence';
import { canWrite, readable, writable } from '../access/access';
import { holdUser } from '../access/hold-user';
import { type IdempotentCall, toOnceKey } from '../access/idempotent-call';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { DirectoriesRepository, noDirectory } from '../files/directories.repository';
import { toStatus, toWire } from '../files/file-row';
import { UserStorage } from '../files/user-storage';
import { newResidence } from '../stores/residence';
import { KnowledgeRepository, type KnowledgeRow, type PlacedFile } from './knowledge.repository';

const MAX_PENDING = 500;

/** Knowledge bases; `MembershipService` manages their files. */
@Injectable()
export class KnowledgeService {
  constructor(
    private readonly knowledge: KnowledgeRepository,
    private readonly directories: DirectoriesRepository,
    private readonly storage: UserStorage,
    private readonly unitOfWork: UnitOfWork,
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
  ) {}

  async search(
    request: CallParsedRequest<typeof knowledge.search>,
    principal: Principal,
  ): Promise<CallReply<typeof knowledge.search>> {
    const user = requireUser(principal);
    const { rows, total } = await this.knowledge.search(user, {
      ...request,
      all: request.all && user.role === 'admin',
    });
    return { items: rows.map((row) => knowledgeToWire(row, principal)), total };
  }

  async get(id: string, principal: Principal): Promise<KnowledgeBase> {
    return knowledgeToWire(readable(principal, await this.knowledge.find(id), 'knowledge base'), principal);
  }

  async create(
    request: CallParsedRequest<typeof knowledge.create>,
    principal: Principal,
    key: string,
  ): Promise<KnowledgeBase> {
    const user = requireUser(principal);
    const residence = newResidence(user, this.env.PLACEMENTS);
    const once = { scope: `retrieval.knowledge.create:${user.userId}`, key, request };
    return this.unitOfWork.once(once, async (tx) => {
      await holdUser(tx, user.userId);
      const known = request.id === undefined ? undefined : await this.knowledge.find(request.id, tx);
      if (known?.userId === user.userId) return knowledgeToWire(known, principal);
      if ((await this.knowledge.count(tx, user)) >= this.env.MAX_BASES_PER_USER)
        throw new CallError(
          'RESOURCE_EXHAUSTED',
          'You have as many knowledge bases as one may have. Delete some first.',
        );
      await this.storage.assertRoom(tx, user.userId, sizeOf(request));
      const base = await this.knowledge.create(tx, user, { ...request, residence });
      if (!base) throw new CallError('ALREADY_EXISTS', 'This id of a knowledge base has been used.');
      return knowledgeToWire(base, principal);
    });
  }

  async update(request: CallParsedRequest<typeof knowledge.update>, delivery: IdempotentCall): Promise<KnowledgeBase> {
    const { knowledgeId, ...changes } = request;
    const { principal } = delivery;
    return this.unitOfWork.once(toOnceKey(knowledge.update.pattern, delivery, request), async (tx) => {
      const base = writable(principal, await this.knowledge.lock(tx, knowledgeId), 'knowledge base');
      const more = sizeOf({ ...base, ...changes }) - sizeOf(base);
      if (more > 0) await this.storage.assertRoom(tx, base.userId, more);
      return knowledgeToWire(await this.knowledge.update(tx, knowledgeId, changes), principal);
    });
  }

  async files(
    { knowledgeId, ...view }: CallParsedRequest<typeof knowledge.files>,
    principal: Principal,
  ): Promise<CallReply<typeof knowledge.files>> {
    readable(principal, await this.knowledge.find(knowledgeId), 'knowledge base');
    const { directoryId } = view;
    const [{ rows, total }, directories, breadcrumbs] = await Promise.all([
      this.knowledge.files(knowledgeId, view),
      directoryId === undefined ? [] : this.directories.in(knowledgeId, directoryId),
      directoryId ? this.directories.wayTo(knowledgeId, directoryId) : [],
    ]);
    if (directoryId && breadcrumbs.length === 0) throw noDirectory();
    return { items: await this.placed(rows), directories, breadcrumbs, total };
  }

  private async placed<F extends PlacedFile>(rows: readonly F[]) {
    const paths = await this.directories.paths(rows.flatMap(({ directoryId }) => directoryId ?? []));
    return rows.map((row) => ({
      ...toWire(row),
      directory_id: row.directoryId,
      directory_path: row.directoryId === null ? '' : (paths.get(row.directoryId) ?? ''),
    }));
  }

  async searchFiles(
    { query, page }: CallParsedRequest<typeof knowledge.searchFiles>,
    principal: Principal,
  ): Promise<CallReply<typeof knowledge.searchFiles>> {
    const { rows, total } = await this.knowledge.searchFiles(requireUser(principal), query, page);
    const files = await this.placed(rows);
    const items = rows.map((row, n) => ({ ...files[n]!, knowledge: { id: row.baseId, name: row.baseName } }));
    return { items, total };
  }

  async pending(knowledgeId: string, principal: Principal): Promise<CallReply<typeof knowledge.pending>> {
    readable(principal, await this.knowledge.find(knowledgeId), 'knowledge base');
    const rows = await this.knowledge.pending(knowledgeId, MAX_PENDING);
    return { items: rows.map((row) => ({ ...toStatus(row), filename: row.name })) };
  }
}

/** Approximate bytes of a base's name and description. */
function sizeOf({ description, meta }: { description?: string; meta?: unknown }): number {
  return Buffer.byteLength(description ?? '') + (meta ? Buffer.byteLength(JSON.stringify(meta)) : 0);
}

/** The base in the wire's shape, for this caller. */
export function knowledgeToWire(row: KnowledgeRow, principal: Principal): KnowledgeBase {
  return {
    id: row.id,
    user_id: row.userId,
    name: row.name,
    description: row.description,
    meta: row.meta,
    access_grants: [],
    file_count: row.fileCount,
    write_access: canWrite(principal, row),
    created_at: row.createdAt,
    updated_at: row.updatedAt,
  };
}
