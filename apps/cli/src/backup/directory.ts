import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CommandError, UsageError } from '../failure';
import { type Manifest, ManifestSchema, type StoredFile } from './manifest';
import type { Vault } from './vault';

const MANIFEST = 'manifest.json';
/** There from the beginning; with it and without a manifest, a backup was not finished. */
const MARKER = 'perennial-backup';
/** Before the process that makes the backup. */
const MAKER = 'Made by process ';
const IDENTITY = 'identity.age';

/** Password hashes and chats: for nobody else on this machine, also in a directory that others may enter. */
export const PRIVATE = 0o600;

/** The directory of one backup. */
export class BackupDirectory {
  constructor(readonly path: string) {}

  /**
   * Begins a backup. What an earlier one left that did not end is removed.
   *
   * @throws UsageError when the directory holds anything else
   */
  async begin(): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    const names = await readdir(this.path);
    if (names.includes(MANIFEST)) throw new UsageError(`${this.path} holds a backup already. Name another directory.`);
    if (names.length > 0 && !names.includes(MARKER))
      throw new UsageError(`${this.path} is not empty. Name another directory.`);
    if (names.includes(MARKER) && (await this.isBeingMade())) {
      throw new UsageError(
        `Another process is making a backup in ${this.path}. Wait for it, or name another directory.`,
      );
    }
    for (const name of names.filter((one) => one !== MARKER)) await rm(join(this.path, name), { recursive: true });
    const marker = `A backup of Perennial. It is complete if there is a manifest.json.\n${MAKER}${process.pid} ${hostname()}\n`;
    await writeFile(join(this.path, MARKER), marker);
  }

  /** Whether the process that began it lives, on this machine. */
  private async isBeingMade(): Promise<boolean> {
    const marker = await readFile(join(this.path, MARKER), 'utf8');
    const [pid, host] = (marker.split(MAKER)[1] ?? '').trim().split(' ');
    return host === hostname() && Number(pid) !== process.pid && exists(Number(pid));
  }

  /** Writes the manifest, by which the backup is complete. */
  async complete(manifest: Manifest): Promise<void> {
    const draft = join(this.path, `${MANIFEST}.new`);
    await writeFile(draft, `${JSON.stringify(manifest, null, 2)}\n`, { flush: true, mode: PRIVATE });
    await rename(draft, join(this.path, MANIFEST));
  }

  /** @throws CommandError when there is no complete backup */
  async manifest(): Promise<Manifest> {
    const text = await readFile(join(this.path, MANIFEST), 'utf8').catch(() => undefined);
    if (text === undefined) {
      const begun = (await readdir(this.path).catch((): string[] => [])).includes(MARKER);
      throw new CommandError(
        begun
          ? `The backup in ${this.path} was not finished, and cannot be restored. Make it again, or name another one.`
          : `There is no backup in ${this.path}.`,
      );
    }
    const parsed = ManifestSchema.safeParse(JSON.parse(text));
    if (!parsed.success) throw new CommandError('The manifest of this backup is not one that this version knows.');
    return parsed.data;
  }

  async writeIdentity(content: Uint8Array): Promise<void> {
    await writeFile(join(this.path, IDENTITY), content, { flush: true });
  }

  readIdentity(): Promise<Uint8Array> {
    return readFile(join(this.path, IDENTITY));
  }

  /** Streams into a new file, through the vault. */
  async write(file: string, source: Readable, vault: Vault): Promise<StoredFile> {
    const path = join(this.path, file);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const sum = new Checksum();
    await pipeline(await vault.seal(source), sum, createWriteStream(path, { flush: true, mode: PRIVATE }));
    return { file, bytes: sum.bytes, sha256: sum.digest() };
  }

  /** Opens a file, through the vault. */
  read(file: string, vault: Vault): Promise<Readable> {
    return vault.open(createReadStream(join(this.path, file)));
  }

  /** Whether a file is as it was written. */
  async isIntact(file: string, sha256: string): Promise<boolean> {
    const hash = createHash('sha256');
    try {
      for await (const chunk of createReadStream(join(this.path, file))) hash.update(chunk as Buffer);
    } catch {
      return false;
    }
    return hash.digest('hex') === sha256;
  }
}

/** Counts and hashes what passes. */
export class Checksum extends Transform {
  bytes = 0;
  private readonly hash: Hash = createHash('sha256');

  override _transform(chunk: Buffer, _: BufferEncoding, done: (error: null, chunk: Buffer) => void): void {
    this.bytes += chunk.length;
    this.hash.update(chunk);
    done(null, chunk);
  }

  /** SHA-256 in hex, once everything has passed. */
  digest(): string {
    return this.hash.digest('hex');
  }
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
