import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ExtractionError, type ExtractionLimits } from './extraction';
import { refuse } from './messages';

/** Older directories were left by dead processes, on any host: no extraction lasts this long. */
const STALE_MS = 6 * 3_600_000;
const OWNER = /^(.+)-(\d+)-[0-9a-f]{12}$/;
/** Opens the bytes of a document. */
export type Open = () => Readable | Promise<Readable>;

/**
 * Directories of this process: another one with its process id is from an earlier process (in a container all have the same id).
 */
const own = new Set<string>();

/**
 * Temporary copies of streamed documents: most formats have to be read from their end. Each process has a directory of its own below `root`;
 * those of killed processes are removed at the next start on that host.
 */
export class Spool {
  private readonly dir: string;
  private swept: Promise<void> | undefined;
  private readonly closing = new AbortController();
  private readonly writes = new Set<Promise<string>>();

  constructor(private readonly root: string) {
    const name = `${hostname()}-${process.pid}-${randomBytes(6).toString('hex')}`;
    own.add(name);
    this.dir = join(root, name);
  }

  /**
   * Writes the stream to a file and returns its path. Throws `too-large`, `source` when the stream fails, or the error of opening it.
   */
  async write(open: Open, limits: ExtractionLimits, signal?: AbortSignal): Promise<string> {
    const { signal: closing } = this.closing;
    const write = this.writeFile(open, limits, signal ? AbortSignal.any([signal, closing]) : closing);
    this.writes.add(write);
    try {
      return await write;
    } finally {
      this.writes.delete(write);
    }
  }

  private async writeFile(open: Open, limits: ExtractionLimits, signal: AbortSignal): Promise<string> {
    this.swept ??= this.sweep();
    await this.swept;
    await mkdir(this.dir, { recursive: true, mode: 0o700 });
    const path = join(this.dir, randomBytes(12).toString('hex'));
    const stream = await open();
    let size = 0;
    try {
      await pipeline(
        stream,
        async function* (bytes: AsyncIterable<Uint8Array>) {
          for await (const chunk of bytes) {
            size += chunk.length;
            if (size > limits.maxBytes) throw refuse.tooLarge(undefined, limits);
            yield chunk;
          }
        },
        createWriteStream(path, { mode: 0o600 }),
        { signal },
      );
      return path;
    } catch (error) {
      await this.remove(path);
      if (signal.aborted) throw signal.reason;
      if (error instanceof ExtractionError) throw error;
      throw new ExtractionError('source', 'The file could not be fetched from the blob store. It will be retried.', {
        cause: error,
      });
    }
  }

  /** A free path for a file, in a directory that is there. */
  async reserveFile(): Promise<string> {
    await mkdir(this.dir, { recursive: true, mode: 0o700 });
    return this.reserve();
  }

  /** A free path for files that are created while a document is read. */
  reserve(): string {
    return join(this.dir, randomBytes(12).toString('hex'));
  }

  async remove(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true });
  }

  /** Removes the directory of this process, once nothing writes to it any more. */
  async close(): Promise<void> {
    this.closing.abort(new ExtractionError('crashed', 'The service is stopping. The file is read after its restart.'));
    await Promise.allSettled(this.writes);
    await rm(this.dir, { recursive: true, force: true });
  }

  private async sweep(): Promise<void> {
    const names = await readdir(this.root).catch(() => []);
    for (const name of names) {
      const owner = OWNER.exec(name);
      if (!owner || own.has(name)) continue;
      const dir = join(this.root, name);
      const gone = owner[1] === hostname() && !isRunning(Number(owner[2]));
      if (gone || (await isStale(dir))) await rm(dir, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

function isRunning(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function isStale(dir: string): Promise<boolean> {
  const info = await stat(dir).catch(() => undefined);
  return info !== undefined && Date.now() - info.mtimeMs > STALE_MS;
}
