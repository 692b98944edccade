import { createHash, type Hash, timingSafeEqual } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, mkdir, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CommandError, UsageError } from '../failure';
import { type Manifest, ManifestSchema, MAX_MANIFEST_BYTES, type StoredFile } from './manifest';
import type { Vault } from './vault';

const MANIFEST = 'manifest.json';
/** The code of the manifest of an encrypted backup, by which nobody without the passphrase can write one. */
const MANIFEST_CODE = 'manifest.hmac';
/** There from the beginning; with it and without a manifest, a backup was not finished. */
const MARKER = 'perennial-backup';
/** Before the process that makes the backup. */
const MAKER = 'Made by process ';
const IDENTITY = 'identity.age';
const MAX_IDENTITY_BYTES = 65_536;

/** Password hashes and chats: for nobody else on this machine, also in a directory that others may enter. */
export const PRIVATE = 0o600;

/** The directory of one backup. */
export class BackupDirectory {
  /** Hears of the bytes that are written to files, or read from them. */
  onBytes: (bytes: number) => void = () => undefined;

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
  async complete(manifest: Manifest, vault: Vault): Promise<void> {
    const draft = join(this.path, `${MANIFEST}.new`);
    const text = `${JSON.stringify(manifest, null, 2)}\n`;
    const code = vault.authenticate(text);
    if (code !== undefined) await writeFile(join(this.path, MANIFEST_CODE), code, { flush: true, mode: PRIVATE });
    await writeFile(draft, text, { flush: true, mode: PRIVATE });
    await rename(draft, join(this.path, MANIFEST));
  }

  /**
   * Reads the manifest. Until `assertAuthentic` it is what anybody may have written.
   *
   * @throws CommandError when there is no complete backup
   */
  async manifest(): Promise<Manifest> {
    const path = await this.find(MANIFEST, MAX_MANIFEST_BYTES).catch(() => undefined);
    if (path === undefined) {
      const begun = (await readdir(this.path).catch((): string[] => [])).includes(MARKER);
      throw new CommandError(
        begun
          ? `The backup in ${this.path} was not finished, and cannot be restored. Make it again, or name another one.`
          : `There is no backup in ${this.path}.`,
      );
    }
    const parsed = ManifestSchema.safeParse(parse(await readFile(path, 'utf8')));
    if (!parsed.success) throw new CommandError('The manifest of this backup is not one that this version knows.');
    if (parsed.data.format === 1 && parsed.data.encrypted) {
      throw new CommandError(
        'This encrypted backup is of an earlier version, which did not protect the manifest. Restore it with the version that made it, and make a new backup.',
      );
    }
    return parsed.data;
  }

  /** @throws CommandError when the manifest of an encrypted backup is not the one that was written with it */
  async assertAuthentic(vault: Vault): Promise<void> {
    const expected = vault.authenticate(await readFile(await this.find(MANIFEST), 'utf8'));
    if (expected === undefined) return;
    const path = await this.find(MANIFEST_CODE, expected.length).catch(() => undefined);
    const given = path === undefined ? '' : await readFile(path, 'utf8');
    if (given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected))) return;
    throw new CommandError(
      'The manifest of this backup was changed, or is of another backup: nobody with the passphrase wrote it. Nothing was restored.',
    );
  }

  async writeIdentity(content: Uint8Array): Promise<void> {
    await writeFile(join(this.path, IDENTITY), content, { flush: true });
  }

  async readIdentity(): Promise<Uint8Array> {
    const path = await this.find(IDENTITY, MAX_IDENTITY_BYTES).catch(() => {
      throw new CommandError(`The file ${IDENTITY} of this backup is missing.`);
    });
    return readFile(path);
  }

  /** Streams into a new file, through the vault. */
  async write(file: string, source: Readable, vault: Vault): Promise<StoredFile> {
    const path = join(this.path, file);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const sum = new Checksum(this.onBytes);
    await pipeline(await vault.seal(source), sum, createWriteStream(path, { flush: true, mode: PRIVATE }));
    return { file, bytes: sum.bytes, sha256: sum.digest() };
  }

  /** Opens a file, through the vault. */
  async read(file: string, vault: Vault): Promise<Readable> {
    const stored = createReadStream(await this.find(file));
    const counted = new Checksum(this.onBytes);
    stored.on('error', (error) => counted.destroy(error));
    return vault.open(stored.pipe(counted));
  }

  /** Whether a file is as it was written. */
  async isIntact(file: string, sha256: string): Promise<boolean> {
    const hash = createHash('sha256');
    try {
      for await (const chunk of createReadStream(await this.find(file)) as AsyncIterable<Buffer>) {
        hash.update(chunk);
        this.onBytes(chunk.length);
      }
    } catch {
      return false;
    }
    return hash.digest('hex') === sha256;
  }

  /**
   * The path of a file that lies in this directory itself: no link, no pipe, no device, none outside.
   *
   * @throws when it is anything else, or larger
   */
  private async find(file: string, maxBytes = Infinity): Promise<string> {
    const path = join(await realpath(this.path), file);
    const found = await lstat(path);
    if (!found.isFile() || found.size > maxBytes || (await realpath(path)) !== path)
      throw new CommandError(`${file} of this backup is no plain file in its directory, or is too large.`);
    return path;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Counts and hashes what passes. */
export class Checksum extends Transform {
  bytes = 0;
  private readonly hash: Hash = createHash('sha256');

  constructor(private readonly onBytes: (bytes: number) => void = () => undefined) {
    super();
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: (error: null, chunk: Buffer) => void): void {
    this.bytes += chunk.length;
    this.hash.update(chunk);
    this.onBytes(chunk.length);
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
