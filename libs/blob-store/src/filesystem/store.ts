import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, mkdir, open, opendir, rename, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { checkKey, checkPrefix, isKey } from '../keys';
import { destroyOnAbort, exactly, Meter, resolveRange } from '../streams';
import type { BlobContent, BlobEntry, BlobStore, GetOptions, ListOptions, PutOptions, StoredBlob } from '../types';
import { translateFileError } from './errors';

/**
 * Neither is possible in a key: `a` may be a blob and a directory at once, and an unfinished file is never taken for a blob.
 */
const WHOLE = '.blob';
const UNFINISHED = '.part';

/** Retries when a directory vanishes (its last blob was deleted) between its creation and its use. */
const ATTEMPTS = 10;

/**
 * Blobs as files below one directory. Durable by fsync of file and directory, complete by rename: a partial blob is never visible.
 */
export class FilesystemBlobStore implements BlobStore {
  readonly capabilities = { presign: false, sharedBetweenHosts: false };
  private readonly root: string;

  /** @param directory created by the first write */
  constructor(directory: string) {
    this.root = resolve(directory);
  }

  async put(key: string, source: Readable, options: PutOptions): Promise<StoredBlob> {
    const release = destroyOnAbort(source, options.signal);
    try {
      const path = this.pathOf(key);
      const { handle, temporary } = await this.openTemporary(path);
      try {
        const stored = await this.fill(handle, source, options);
        await rename(temporary, path);
        await syncDirectory(dirname(path));
        return stored;
      } catch (error) {
        await unlink(temporary).catch(() => undefined);
        await this.prune(dirname(path));
        throw error;
      }
    } catch (error) {
      throw options.signal?.aborted ? options.signal.reason : translateFileError(error, key);
    } finally {
      release();
      source.destroy();
    }
  }

  async get(key: string, { range, signal }: GetOptions = {}): Promise<BlobContent> {
    const translate = (error: unknown): Error => translateFileError(error, key);
    let handle: FileHandle | undefined;
    try {
      signal?.throwIfAborted();
      handle = await open(this.pathOf(key), 'r');
      const { size } = await handle.stat();
      const { start, end } = resolveRange(range, size);
      const length = end - start;
      if (length === 0) {
        await handle.close();
        return { stream: Readable.from([]), size, start, length };
      }
      const stream = exactly(handle.createReadStream({ start, end: end - 1 }), length, translate, signal);
      return { stream, size, start, length };
    } catch (error) {
      await handle?.close().catch(() => undefined);
      throw signal?.aborted ? signal.reason : translate(error);
    }
  }

  async delete(key: string): Promise<void> {
    const path = this.pathOf(key);
    try {
      await unlink(path);
      await syncDirectory(dirname(path));
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw translateFileError(error, key);
    }
    await this.prune(dirname(path));
  }

  async *list(prefix: string, { signal }: ListOptions = {}): AsyncGenerator<BlobEntry> {
    checkPrefix(prefix);
    for await (const file of this.walk('', prefix)) {
      signal?.throwIfAborted();
      const key = file.endsWith(WHOLE) ? file.slice(0, -WHOLE.length) : '';
      if (!isKey(key) || !key.startsWith(prefix)) continue;
      const entry = await this.entryOf(key);
      if (entry !== undefined) yield entry;
    }
  }

  async removeUnfinished(olderThanMs: number): Promise<number> {
    let removed = 0;
    for await (const file of this.walk('', '')) {
      if (!file.endsWith(UNFINISHED)) continue;
      const path = join(this.root, file);
      try {
        const { mtimeMs } = await stat(path);
        if (Date.now() - mtimeMs < olderThanMs) continue;
        await unlink(path);
        removed += 1;
        await this.prune(dirname(path));
      } catch (error) {
        // Its own process has finished or removed it meanwhile.
        if (codeOf(error) !== 'ENOENT') throw translateFileError(error, file);
      }
    }
    return removed;
  }

  async health(): Promise<void> {
    try {
      await mkdir(this.root, { recursive: true, mode: 0o700 });
      await access(this.root, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (error) {
      throw translateFileError(error, '');
    }
  }

  async close(): Promise<void> {}

  private pathOf(key: string): string {
    return join(this.root, `${checkKey(key)}${WHOLE}`);
  }

  /** In the target's directory, so that the rename stays within one file system. */
  private async openTemporary(path: string): Promise<{ handle: FileHandle; temporary: string }> {
    const temporary = `${path}.${randomUUID()}${UNFINISHED}`;
    for (let attempt = 1; ; attempt++) {
      await makeDirectory(dirname(path));
      try {
        return { handle: await open(temporary, 'wx', 0o600), temporary };
      } catch (error) {
        if (codeOf(error) !== 'ENOENT' || attempt === ATTEMPTS) throw error;
      }
    }
  }

  private async fill(handle: FileHandle, source: Readable, options: PutOptions): Promise<StoredBlob> {
    const meter = new Meter(options);
    try {
      for await (const chunk of source as AsyncIterable<Buffer>) {
        meter.add(chunk);
        for (let at = 0; at < chunk.length;) at += (await handle.write(chunk, at)).bytesWritten;
      }
      const stored = meter.end();
      await handle.sync();
      return stored;
    } finally {
      await handle.close();
    }
  }

  private async entryOf(key: string): Promise<BlobEntry | undefined> {
    try {
      const { size, mtimeMs } = await stat(this.pathOf(key));
      return { key, size, ageMs: Math.max(0, Date.now() - mtimeMs) };
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw translateFileError(error, key);
    }
  }

  /** Files below a directory whose paths from the root may start with the prefix. A directory is never held in memory as a whole. */
  private async *walk(directory: string, prefix: string): AsyncGenerator<string> {
    try {
      for await (const entry of await opendir(join(this.root, directory))) {
        const path = `${directory}${entry.name}`;
        if (entry.isFile()) yield path;
        else if (entry.isDirectory() && couldHold(`${path}/`, prefix)) yield* this.walk(`${path}/`, prefix);
      }
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw translateFileError(error, directory);
    }
  }

  /** Removes empty directories, up to the root. A concurrent writer creates them again. */
  private async prune(directory: string): Promise<void> {
    for (let at = directory; at.length > this.root.length; at = dirname(at)) {
      try {
        await rmdir(at);
      } catch {
        return;
      }
    }
  }
}

/** Whether keys below a directory (`a/b/`) can start with the prefix. */
function couldHold(directory: string, prefix: string): boolean {
  return directory.startsWith(prefix) || prefix.startsWith(directory);
}

/** Creates a directory and its parents, so that they survive a power failure. */
async function makeDirectory(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let at = directory; at.length >= first.length; at = dirname(at)) await syncDirectory(dirname(at));
}

async function syncDirectory(directory: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(directory, 'r');
    await handle.sync();
  } catch (error) {
    // Its last blob was deleted meanwhile, so nothing needs to be kept. Some network file systems cannot sync a directory.
    if (!['ENOENT', 'EINVAL', 'ENOTSUP'].includes(codeOf(error) ?? '')) throw error;
  } finally {
    await handle?.close();
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}
