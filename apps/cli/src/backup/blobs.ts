import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { BlobNotFoundError, type BlobStore } from '@perennial/blob-store';
import { CommandError } from '../failure';
import { type BackupDirectory, Checksum } from './directory';
import { BLOB_LIST, type BlobLine, BlobLineSchema, type Manifest, MAX_LINE_BYTES } from './manifest';
import type { Vault } from './vault';

/** Blobs that are copied at a time. */
const CONCURRENCY = 8;

const toFile = (key: string): string => join('blobs', key);

/** Copies blobs out of the store, each once: a key never gets other bytes. */
export class BlobBackup {
  private readonly lines = new PassThrough();
  private readonly written: ReturnType<BackupDirectory['write']>;
  private count = 0;
  private totalBytes = 0;

  constructor(
    private readonly blobs: BlobStore,
    private readonly to: BackupDirectory,
    private readonly vault: Vault,
  ) {
    this.written = to.write(BLOB_LIST, this.lines, vault);
  }

  /** Copies everything that is there now. */
  async copyAll(): Promise<void> {
    await inBatches(this.blobs.list(''), ({ key }) => this.copy(key));
  }

  /** @returns false when the store does not have it */
  async copy(key: string): Promise<boolean> {
    if (existsSync(join(this.to.path, toFile(key)))) return true;
    try {
      const { stream } = await this.blobs.get(key);
      const plain = new Checksum();
      stream.on('error', (error) => plain.destroy(error));
      const { sha256: stored } = await this.to.write(toFile(key), stream.pipe(plain), this.vault);
      const line: BlobLine = { key, size: plain.bytes, sha256: plain.digest(), stored };
      this.lines.write(`${JSON.stringify(line)}\n`);
      this.count += 1;
      this.totalBytes += plain.bytes;
      return true;
    } catch (error) {
      if (error instanceof BlobNotFoundError) return false;
      throw error;
    }
  }

  async end(): Promise<Manifest['blobs']> {
    this.lines.end();
    return { ...(await this.written), file: BLOB_LIST, count: this.count, totalBytes: this.totalBytes };
  }
}

/** The blobs of a backup. */
export async function* listBlobs(from: BackupDirectory, vault: Vault): AsyncGenerator<BlobLine & { file: string }> {
  for await (const line of linesOf(await from.read(BLOB_LIST, vault))) {
    const blob = parse(line);
    if (blob === undefined)
      throw new CommandError(`The list of files of this backup is damaged. Nothing was restored.`);
    yield { ...blob, file: toFile(blob.key) };
  }
}

function parse(line: string): BlobLine | undefined {
  try {
    return BlobLineSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** Lines in bounded memory: a list without a line break would fill it otherwise. */
async function* linesOf(stream: Readable): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_BYTES) break;
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** Puts the blobs of a backup into a store. One that is there already stays. */
export async function restoreBlobs(from: BackupDirectory, vault: Vault, blobs: BlobStore): Promise<void> {
  const restore = async ({ key, size, sha256, file }: BlobLine & { file: string }): Promise<void> => {
    if (await isThere(blobs, key, size)) return;
    await blobs.put(key, await from.read(file, vault), { maxBytes: size, size, sha256 });
  };
  await inBatches(listBlobs(from, vault), restore);
}

/** Works on a few at a time. */
async function inBatches<T>(all: AsyncIterable<T>, work: (one: T) => Promise<unknown>): Promise<void> {
  let batch: T[] = [];
  for await (const one of all) {
    batch.push(one);
    if (batch.length < CONCURRENCY) continue;
    await Promise.all(batch.map(work));
    batch = [];
  }
  await Promise.all(batch.map(work));
}

async function isThere(blobs: BlobStore, key: string, size: number): Promise<boolean> {
  try {
    const found = await blobs.get(key);
    found.stream.destroy();
    return found.size === size;
  } catch (error) {
    if (error instanceof BlobNotFoundError) return false;
    throw error;
  }
}
