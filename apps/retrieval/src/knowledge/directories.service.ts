import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  CallError,
  type CallParsedRequest,
  type CallReply,
  type Principal,
  requireUser,
} from '@perennial/contracts-kernel';
import { knowledgeDirectories, MAX_DIRECTORIES, MAX_DIRECTORY_DEPTH } from '@perennial/contracts-retrieval';
import type { KnowledgeDirectory } from '@perennial/contracts-wire';
import { type OnceKey, type Tx, UnitOfWork } from '@perennial/persistence';
import { writable } from '../access/access';
import { type IdempotentCall, toOnceKey } from '../access/idempotent-call';
import { DirectoriesRepository, noDirectory } from '../files/directories.repository';
import { FileChanges } from '../files/file-changes';
import { FilesRepository } from '../files/files.repository';
import { PlacementsRepository } from '../files/placements.repository';

/** Files in these directories, and in no other place. */
const ONLY_THERE = `
  EXISTS (SELECT 1 FROM placements p WHERE p.file_id = f.id AND p.directory_id = ANY ($1::uuid[]))
  AND NOT EXISTS (SELECT 1 FROM placements p
                   WHERE p.file_id = f.id AND p.moved_to IS NULL AND (p.directory_id IS NULL OR p.directory_id <> ALL ($1::uuid[])))`;

/** Directories of bases. Every change locks the base first. */
@Injectable()
export class DirectoriesService {
  constructor(
    private readonly directories: DirectoriesRepository,
    private readonly placements: PlacementsRepository,
    private readonly files: FilesRepository,
    private readonly changes: FileChanges,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  create(
    request: CallParsedRequest<typeof knowledgeDirectories.create>,
    delivery: IdempotentCall,
  ): Promise<KnowledgeDirectory> {
    const { knowledgeId, parentId, name } = request;
    const once = toOnceKey(knowledgeDirectories.create.pattern, delivery, request);
    return this.change(once, knowledgeId, delivery.principal, async (tx) => {
      if ((await this.directories.count(tx, knowledgeId)) >= MAX_DIRECTORIES)
        throw new CallError(
          'RESOURCE_EXHAUSTED',
          `A knowledge base may have ${MAX_DIRECTORIES} directories. Delete some first.`,
        );
      await this.assertDepth(tx, knowledgeId, parentId, 1);
      const { userId } = requireUser(delivery.principal);
      const made = await this.directories.insert(tx, { id: randomUUID(), knowledgeId, parentId, name, userId });
      if (!made) throw nameTaken(name);
      return made;
    });
  }

  update(
    request: CallParsedRequest<typeof knowledgeDirectories.update>,
    delivery: IdempotentCall,
  ): Promise<KnowledgeDirectory> {
    const { knowledgeId, directoryId, name, parentId } = request;
    const once = toOnceKey(knowledgeDirectories.update.pattern, delivery, request);
    return this.change(once, knowledgeId, delivery.principal, async (tx) => {
      const directory = await this.directories.find(knowledgeId, directoryId, tx);
      if (!directory) throw noDirectory();
      const next = {
        ...directory,
        name: name ?? directory.name,
        parent_id: parentId === undefined ? directory.parent_id : parentId,
      };
      if (next.parent_id !== directory.parent_id) {
        const tree = await this.directories.tree(tx, knowledgeId, directoryId);
        if (tree.some(({ id }) => id === next.parent_id))
          throw new CallError('INVALID_ARGUMENT', 'A directory cannot be moved into itself.', {
            problem: 'directory_into_itself',
          });
        const height = Math.max(...tree.map(({ depth }) => depth));
        await this.assertDepth(tx, knowledgeId, next.parent_id, height);
      }
      if (await this.directories.isNamed(tx, next)) throw nameTaken(next.name);
      return this.directories.update(tx, next);
    });
  }

  remove(
    request: CallParsedRequest<typeof knowledgeDirectories.remove>,
    delivery: IdempotentCall,
  ): Promise<CallReply<typeof knowledgeDirectories.remove>> {
    const { knowledgeId, directoryId, moveFiles } = request;
    const once = toOnceKey(knowledgeDirectories.remove.pattern, delivery, request);
    return this.change(once, knowledgeId, delivery.principal, async (tx) => {
      const directory = await this.directories.find(knowledgeId, directoryId, tx);
      if (!directory) throw noDirectory();
      const ids = (await this.directories.tree(tx, knowledgeId, directoryId)).map(({ id }) => id);
      const files = moveFiles
        ? await this.directories.moveFiles(tx, knowledgeId, ids, directory.parent_id)
        : await this.takeOut(tx, knowledgeId, ids);
      await this.directories.remove(tx, knowledgeId, ids);
      return { removed: true, files };
    });
  }

  /** Takes the files of directories out of the base; deletes those that are in no other. The stores follow, see `RemovalService`. */
  private async takeOut(tx: Tx, knowledgeId: string, directoryIds: readonly string[]): Promise<number> {
    const files = await this.directories.lockFiles(tx, knowledgeId, directoryIds);
    const deleted = await this.files.markDeleted(tx, ONLY_THERE, directoryIds);
    this.changes.deleted(tx, deleted);
    const gone = new Set(deleted.map(({ id }) => id));
    await this.placements.unplace(
      tx,
      knowledgeId,
      files.filter((id) => !gone.has(id)),
    );
    return files.length;
  }

  /** @param levels that are added below the parent */
  private async assertDepth(tx: Tx, knowledgeId: string, parentId: string | null, levels: number): Promise<void> {
    const above = parentId === null ? [] : await this.directories.wayTo(knowledgeId, parentId, tx);
    if (parentId !== null && above.length === 0) throw noDirectory();
    if (above.length + levels > MAX_DIRECTORY_DEPTH)
      throw new CallError(
        'INVALID_ARGUMENT',
        `Directories may be ${MAX_DIRECTORY_DEPTH} levels deep. Choose a place higher up.`,
        { problem: 'directory_too_deep' },
      );
  }

  private change<T>(
    once: OnceKey,
    knowledgeId: string,
    principal: Principal,
    change: (tx: Tx) => Promise<T>,
  ): Promise<T> {
    return this.unitOfWork.once(
      once,
      async (tx) => {
        writable(principal, await this.placements.holdBase(tx, knowledgeId), 'knowledge base');
        const result = await change(tx);
        await this.placements.touchBase(tx, knowledgeId);
        return result;
      },
      { retry: true },
    );
  }
}

function nameTaken(name: string): CallError {
  return new CallError('INVALID_ARGUMENT', `There is a directory "${name}" here already. Choose another name.`, {
    problem: 'directory_exists',
  });
}
