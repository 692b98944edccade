import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { UserPrincipal } from '@perennial/contracts-kernel';
import { FILE_PROGRESS, files, type FileStatus } from '@perennial/contracts-retrieval';
import { Runtime } from '@perennial/runtime';
import { Notices, Rpc } from '@perennial/transport';

/** A notice may be lost, or Redis away: all watched files are polled at this interval. */
const LOOK_MS = 3_000;
/** Files in one call. */
const BATCH = 500;

/** State of a file for a watcher; undefined: it is deleted, or not the watcher's any more. */
export type OnFileStatus = (
  status: Pick<FileStatus, 'state' | 'step' | 'done' | 'total' | 'error'> | undefined,
) => void;

interface Watcher {
  principal: UserPrincipal;
  fileId: string;
  /** The newest generation that was sent: later messages about an older one are ignored. */
  generation: number;
  tell: OnFileStatus;
}

/**
 * Watched files of this gateway. All watchers share one subscription and one poll each few seconds; without watchers there is none.
 */
@Injectable()
export class FileWatch implements OnModuleInit {
  private readonly watchers = new Map<string, Set<Watcher>>();
  /** Listeners for changes to any file of a user. */
  private readonly owners = new Map<string, Set<() => void>>();

  constructor(
    private readonly runtime: Runtime,
    private readonly rpc: Rpc,
    private readonly notices: Notices,
  ) {}

  onModuleInit(): void {
    void this.notices.subscribe(FILE_PROGRESS, (progress) => {
      for (const changed of this.owners.get(progress.userId) ?? []) changed();
      const watchers = this.watchers.get(progress.fileId);
      if (watchers === undefined) return;
      const { state, generation } = progress;
      // A notice may be wrong: its end is checked against retrieval.
      if (state !== 'pending' && state !== 'processing') return void this.look([...watchers]);
      for (const watcher of watchers) {
        if (generation < watcher.generation) continue;
        watcher.generation = generation;
        watcher.tell({ ...progress, state });
      }
    });
    this.runtime.every(LOOK_MS, () => this.lookAtAll(), { name: 'check watched files', until: 'close' });
  }

  /**
   * Sends the present state, and then each change. Rejects when the state cannot be fetched.
   *
   * @returns the function that stops it
   */
  async follow(fileId: string, principal: UserPrincipal, tell: OnFileStatus): Promise<() => void> {
    const watcher: Watcher = { principal, fileId, generation: 0, tell };
    const watchers = this.watchers.get(fileId) ?? new Set();
    this.watchers.set(fileId, watchers.add(watcher));
    const stop = (): void => {
      watchers.delete(watcher);
      if (watchers.size === 0 && this.watchers.get(fileId) === watchers) this.watchers.delete(fileId);
    };
    try {
      await this.ask([watcher], principal);
    } catch (error) {
      stop();
      throw error;
    }
    return stop;
  }

  /**
   * Calls `changed` with every notice about a file of this user, and every few seconds.
   *
   * @returns the function that stops it
   */
  onChange(userId: string, changed: () => void): () => void {
    const all = this.owners.get(userId) ?? new Set();
    this.owners.set(userId, all.add(changed));
    return () => {
      all.delete(changed);
      if (all.size === 0 && this.owners.get(userId) === all) this.owners.delete(userId);
    };
  }

  private async lookAtAll(): Promise<void> {
    for (const all of this.owners.values()) for (const changed of all) changed();
    await this.look([...this.watchers.values()].flatMap((watchers) => [...watchers]));
  }

  /** One call for each user. Never rejects: failures are retried with the next poll. */
  private async look(watchers: readonly Watcher[]): Promise<void> {
    const byUser = new Map<string, Watcher[]>();
    for (const watcher of watchers) {
      const { userId } = watcher.principal;
      byUser.set(userId, [...(byUser.get(userId) ?? []), watcher]);
    }
    for (const theirs of byUser.values()) {
      for (let at = 0; at < theirs.length; at += BATCH) {
        const some = theirs.slice(at, at + BATCH);
        await this.ask(some, some[0]!.principal).catch((error: unknown) => {
          this.runtime.logger('files').debug({ err: error }, 'failed to fetch file statuses');
        });
      }
    }
  }

  private async ask(watchers: readonly Watcher[], principal: UserPrincipal): Promise<void> {
    const fileIds = [...new Set(watchers.map(({ fileId }) => fileId))];
    const { items } = await this.rpc.call(files.statuses, { fileIds }, { principal });
    const statuses = new Map(items.map((status) => [status.id, status]));
    for (const watcher of watchers) {
      const status = statuses.get(watcher.fileId);
      if (status !== undefined && status.generation < watcher.generation) continue;
      watcher.generation = status?.generation ?? watcher.generation;
      watcher.tell(status);
    }
  }
}
