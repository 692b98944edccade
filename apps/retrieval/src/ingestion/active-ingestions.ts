import { Inject, Injectable } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { IngestionProcesses } from './ingestion-processes';
import { IngestionQueue } from './ingestion-queue';
import { IngestionRepository, type Claimable } from './ingestion.repository';
import { FileLostError, HandOverError, type ClaimedFile } from './claimed-file';

const LOOK_MS = 1_000;

/** Work on a file of this process; `giveUp` ends it with a reason, which it then throws. */
export type IngestionWork = (file: ClaimedFile, signal: AbortSignal, giveUp: (reason: Error) => void) => Promise<void>;

interface ActiveIngestion {
  epoch: number;
  abort: AbortController;
  /** Resolves when the work has ended in any way. */
  ended: Promise<void>;
}

/**
 * The files that this process is ingesting. Each second it compares them with Postgres: files missing there were replaced, deleted or lost to
 * another owner and are dropped; unknown files were claimed by a statement whose reply was lost, and are released.
 */
@Injectable()
export class ActiveIngestions {
  readonly #held = new Map<string, ActiveIngestion>();
  /** Claims that await their reply: Postgres may know of them first. */
  readonly #taking = new Set<string>();
  #leaving = false;

  constructor(
    private readonly repository: IngestionRepository,
    private readonly processes: IngestionProcesses,
    private readonly queue: IngestionQueue,
    @Inject(Runtime) private readonly runtime: Runtime,
  ) {}

  start(): void {
    this.processes.onReaped(() => this.#abortAll(new FileLostError()));
    this.runtime.every(LOOK_MS, () => this.#compare(), { name: 'compare files in hand', until: 'close' });
  }

  get leaving(): boolean {
    return this.#leaving;
  }

  /** Claims the file, if possible, and holds it while `work` runs. */
  async hold(fileId: string, claimable: Claimable, work: IngestionWork): Promise<void> {
    await this.#outdated(fileId);
    if (this.#leaving || this.#taking.has(fileId) || this.#held.has(fileId)) return;
    this.#taking.add(fileId);
    const abort = new AbortController();
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    try {
      const file = await this.repository.claim(fileId, this.processes.id, claimable);
      if (!file) return;
      this.#held.set(fileId, { epoch: file.epoch, abort, ended });
      this.#taking.delete(fileId);
      if (this.#leaving) abort.abort(new HandOverError());
      await work(file, abort.signal, (reason) => abort.abort(reason)).finally(() => this.#held.delete(fileId));
    } finally {
      this.#taking.delete(fileId);
      end();
    }
  }

  /** A job for an active file: it may have been replaced, and the present work may be useless. */
  async #outdated(fileId: string): Promise<void> {
    const held = this.#held.get(fileId);
    if (!held) return;
    await this.#compare();
    if (held.abort.signal.aborted) await held.ended;
  }

  /** Stops all active files where they are and releases them. Resolves when that is done, or at the deadline. */
  async handOver(deadlineAt: number): Promise<void> {
    this.#leaving = true;
    this.#abortAll(new HandOverError());
    while ((this.#held.size > 0 || this.#taking.size > 0) && Date.now() < deadlineAt) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  #abortAll(reason: Error): void {
    for (const { abort } of this.#held.values()) abort.abort(reason);
  }

  async #compare(): Promise<void> {
    const before = new Map(this.#held);
    const owned = new Map((await this.repository.owned(this.processes.id)).map((row) => [row.id, row.epoch]));
    for (const [id, held] of before) if (owned.get(id) !== held.epoch) held.abort.abort(new FileLostError());
    const unknown = [...owned]
      .filter(([id]) => !this.#held.has(id) && !this.#taking.has(id) && !before.has(id))
      .map(([id, epoch]) => ({ id, epoch }));
    if (unknown.length > 0) this.queue.enqueue(await this.repository.release(unknown));
  }
}
