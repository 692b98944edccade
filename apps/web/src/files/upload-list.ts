import type { FileProgress, FileReply } from '@perennial/contracts-wire';
import { ApiError, type UploadRequest } from '@perennial/web-client';
import { t } from '../messages';
import { Store } from '../state/store';

/** Browsers open six connections to a server: some are left for the rest of the page. */
const UPLOADS_AT_ONCE = 2;
const FOLLOWED_AT_ONCE = 2;
/** Retries of an upload that a full server refused. */
const MAX_REFUSALS = 5;
const DEFAULT_RETRY_AFTER_S = 2;

/** `waiting`: in the queue; `reading`: the server has it and ingests it. */
export type UploadState = 'waiting' | 'uploading' | 'reading' | 'ready' | 'failed';

export interface Upload {
  readonly key: string;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly state: UploadState;
  /** Bytes sent. */
  readonly sent: number;
  /** Set once the server has the file. */
  readonly fileId?: string;
  readonly progress?: FileProgress;
  /** Why it failed, for people. */
  readonly error?: string;
  /** It is a long text that was pasted. */
  readonly pasted?: true;
}

/** The list's interface to the server. */
export interface UploadServer {
  upload(file: File, request: UploadRequest): Promise<FileReply>;
  follow(fileId: string, onProgress: (progress: FileProgress) => void): () => void;
  retry(fileId: string): Promise<unknown>;
  remove(fileId: string): Promise<unknown>;
  /** What was uploaded, as text. */
  text(fileId: string): Promise<string>;
  wait(seconds: number): Promise<void>;
}

export interface UploadListOptions {
  /** The base that the files are added to. */
  knowledgeId?: string;
  /** A directory of that base; null: its top level. */
  directoryId?: string | null;
  /** Called with every uploaded file; if set, files then leave this list, and the caller follows their ingestion. */
  onUploaded?: (file: FileReply) => void;
}

/** A file that the server has. */
export interface KeptFile {
  fileId: string;
  name: string;
  /** Bytes. */
  size: number;
  pasted?: true;
}

interface Work {
  /** Absent if it was sent before the page was loaded. */
  file?: File;
  abort: AbortController;
  stopFollowing?: () => void;
  /** A retry is under way: until its reply the status is still the failure. */
  retrying?: boolean;
}

/** Uploads from this browser and their ingestion: a few at a time, independent of the shown page. */
export class UploadList {
  readonly items = new Store<readonly Upload[]>([]);
  private readonly work = new Map<string, Work>();

  constructor(
    private readonly server: UploadServer,
    private readonly options: UploadListOptions = {},
  ) {}

  add(files: Iterable<File>, more: Pick<Upload, 'pasted'> = {}): void {
    const added = [...files].map((file): Upload => {
      const key = crypto.randomUUID();
      this.work.set(key, { file, abort: new AbortController() });
      return { key, name: file.name, size: file.size, state: 'waiting', sent: 0, ...more };
    });
    this.items.set([...this.items.get(), ...added]);
    this.go();
  }

  /** Lists files that were sent before the page was loaded; their ingestion is followed. */
  adopt(files: readonly KeptFile[]): void {
    const adopted = files.map(({ fileId, name, size, pasted }): Upload => {
      const key = crypto.randomUUID();
      this.work.set(key, { abort: new AbortController() });
      return { key, name, size, state: 'reading', sent: size, fileId, ...(pasted ? { pasted } : {}) };
    });
    this.items.set([...this.items.get(), ...adopted]);
    this.go();
  }

  /** Retries a failed file: a file that the server has is ingested again, others are sent again. */
  async retry(key: string): Promise<void> {
    const upload = this.find(key);
    const work = this.work.get(key);
    if (upload?.state !== 'failed' || !work) return;
    if (upload.fileId === undefined) this.change(key, { state: 'waiting', sent: 0, error: undefined });
    else {
      this.change(key, { state: 'reading', progress: undefined, error: undefined });
      work.retrying = true;
      try {
        await this.server.retry(upload.fileId);
      } catch (error) {
        // 409: it is completed after all, and so its status will say.
        if (!(error instanceof ApiError && error.status === 409)) this.fail(key, error);
      } finally {
        work.retrying = false;
      }
    }
    this.go();
  }

  /** The text of a file of the list. */
  async textOf(key: string): Promise<string> {
    const fileId = this.find(key)?.fileId;
    const own = this.work.get(key)?.file;
    if (own || fileId === undefined) return (await own?.text()) ?? '';
    return this.server.text(fileId);
  }

  /** Removes a file from the list and from the server. */
  remove(key: string): void {
    const fileId = this.find(key)?.fileId;
    this.forget([key]);
    // If this fails the file stays among the user's files, which does no harm.
    if (fileId !== undefined) this.server.remove(fileId).catch(() => undefined);
  }

  /** Removes files from the list that the caller follows from now on. */
  forget(keys: readonly string[]): void {
    for (const key of keys) {
      const work = this.work.get(key);
      work?.abort.abort();
      work?.stopFollowing?.();
      this.work.delete(key);
    }
    this.items.set(this.items.get().filter(({ key }) => !keys.includes(key)));
    this.go();
  }

  private go(): void {
    const free = UPLOADS_AT_ONCE - this.count('uploading');
    const waiting = this.items.get().filter(({ state }) => state === 'waiting');
    for (const { key } of waiting.slice(0, Math.max(0, free))) void this.send(key);
    this.followSome();
  }

  private async send(key: string): Promise<void> {
    const work = this.work.get(key);
    if (!work?.file) return;
    const { file } = work;
    this.change(key, { state: 'uploading' });
    try {
      const reply = await this.offer(key, file, work.abort);
      if (work.abort.signal.aborted) return;
      this.change(key, { state: 'reading', fileId: reply.id, sent: file.size });
      if (this.options.onUploaded) {
        this.forget([key]);
        this.options.onUploaded(reply);
      }
    } catch (error) {
      if (!work.abort.signal.aborted) this.fail(key, error);
    }
    this.go();
  }

  /**
   * A full server refuses before it reads anything, so a retry is safe; other failures are not retried automatically.
   */
  private async offer(key: string, file: File, abort: AbortController): Promise<FileReply> {
    const { knowledgeId, directoryId } = this.options;
    for (let refusals = 0; ; refusals++) {
      try {
        return await this.server.upload(file, {
          knowledgeId,
          directoryId,
          signal: abort.signal,
          onProgress: (sent, total) => this.change(key, { sent: Math.round((file.size * sent) / Math.max(1, total)) }),
        });
      } catch (error) {
        const full = error instanceof ApiError && (error.status === 429 || error.status === 503);
        if (!full || error.retryAfter === undefined || refusals >= MAX_REFUSALS || abort.signal.aborted) throw error;
        this.change(key, { sent: 0 });
        await this.server.wait(error.retryAfter || DEFAULT_RETRY_AFTER_S);
      }
    }
  }

  private followSome(): void {
    const reading = this.items.get().filter(({ state }) => state === 'reading');
    let followed = reading.filter(({ key }) => this.work.get(key)?.stopFollowing).length;
    for (const { key, fileId } of reading) {
      const work = this.work.get(key);
      if (!work || work.retrying || work.stopFollowing || fileId === undefined || followed >= FOLLOWED_AT_ONCE)
        continue;
      followed += 1;
      work.stopFollowing = this.server.follow(fileId, (progress) => this.read(key, progress));
    }
  }

  private read(key: string, progress: FileProgress): void {
    if (progress.status === 'completed') this.change(key, { state: 'ready', progress });
    else if (progress.status === 'failed') {
      this.change(key, { state: 'failed', progress, error: progress.error ?? t('error.fileUnreadable') });
    } else return this.change(key, { progress });
    this.stopFollowing(key);
    this.go();
  }

  private stopFollowing(key: string): void {
    const work = this.work.get(key);
    work?.stopFollowing?.();
    if (work) work.stopFollowing = undefined;
  }

  private fail(key: string, error: unknown): void {
    this.stopFollowing(key);
    this.change(key, { state: 'failed', error: error instanceof Error ? error.message : String(error) });
  }

  private count(state: UploadState): number {
    return this.items.get().filter((upload) => upload.state === state).length;
  }

  private find(key: string): Upload | undefined {
    return this.items.get().find((upload) => upload.key === key);
  }

  private change(key: string, change: Partial<Upload>): void {
    this.items.set(this.items.get().map((upload) => (upload.key === key ? { ...upload, ...change } : upload)));
  }
}
