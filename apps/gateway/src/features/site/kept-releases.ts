import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BlobEntry, BlobNotFoundError, type BlobStore } from '@perennial/blob-store';
import { type Logger, type SecretCipher, SharedRuns } from '@perennial/runtime';
import { hashOf, indexKey, type KeptFile, openIndex, packRelease, releaseOf, RELEASES } from './kept-release';
import type { Site } from './site';

/** Besides the own release. One is what an upgrade needs; a rollback and another upgrade on the same day may leave pages of two. */
const OTHERS = 2;
/** The store is asked for new releases at most this often, however many unknown names strangers ask for. */
const LOOK_EACH_MS = 500;
/** Of an index, and of all files of a release. */
const MAX_INDEX_BYTES = 1_048_576;
const MAX_BYTES = 67_108_864;

/** Injection token of the `KeptReleases`, or undefined without a page of our own. */
export const KEPT_RELEASES = Symbol('KEPT_RELEASES');

/** Bytes of a file that is not on this replica's disk. */
export interface FoundFile {
  path: string;
  bytes: Buffer;
  encoding: KeptFile['encoding'];
}

/**
 * The hashed files of the releases of the page that may be open somewhere, in the store that all replicas share. Each replica puts its own there: a page of
 * the version before loads its parts from a new replica, and a page of the new version from an old one.
 */
export class KeptReleases {
  private readonly files = new Map<string, KeptFile>();
  /** Releases whose index was read, or cannot be. */
  private readonly read = new Set<string>();
  private readonly looks = new SharedRuns(() => this.look());
  private mayLookAt = 0;
  private isFirst = true;

  constructor(
    private readonly store: BlobStore,
    private readonly site: Site,
    private readonly cipher: SecretCipher,
    private readonly log: Logger,
  ) {}

  /** Puts the own release into the store where it is missing, and removes those that nobody has open any more. Idempotent. */
  async publish(signal?: AbortSignal): Promise<void> {
    const ages = new Map<string, number>();
    const keys: string[] = [];
    for await (const { key, ageMs } of this.list(signal)) {
      keys.push(key);
      ages.set(releaseOf(key), Math.min(ageMs, ages.get(releaseOf(key)) ?? Infinity));
    }
    const others = [...ages.keys()].filter((release) => release !== this.own);
    others.sort((a, b) => (ages.get(a) ?? 0) - (ages.get(b) ?? 0));
    // A replica that removed this release while it came back leaves an index without its bytes.
    const hasBytes = keys.some((key) => key.startsWith(`${RELEASES}${this.own}/`) && key !== indexKey(this.own));
    const isThere =
      hasBytes && keys.includes(indexKey(this.own)) && (!this.isFirst || (await this.mayStay(ages, others[0])));
    if (!isThere) await this.put(signal);
    this.isFirst = false;
    const kept = new Set([this.own, ...others.slice(0, OTHERS)]);
    for (const key of keys) if (!kept.has(releaseOf(key))) await this.store.delete(key);
  }

  /**
   * A file of another release; undefined where none has it.
   *
   * @param path from the site's root
   * @throws BlobStoreError while the store is away
   */
  async find(path: string): Promise<FoundFile | undefined> {
    const known = this.files.get(path);
    const found = known && (await this.bytesOf(path, known));
    if (found) return found;
    // Its release is not known here, or was removed: another one may have it, too.
    await this.looks.run();
    const file = this.files.get(path);
    return file && this.bytesOf(path, file);
  }

  private async bytesOf(path: string, file: KeptFile): Promise<FoundFile | undefined> {
    const range = { start: file.start, end: file.start + file.size - 1 };
    const kept = await this.store.get(file.blob, { range }).catch((error: unknown) => {
      if (error instanceof BlobNotFoundError) return undefined;
      throw error;
    });
    if (!kept) return undefined;
    const bytes = await buffer(kept.stream);
    if (hashOf(bytes) === file.sha256) return { path, bytes, encoding: file.encoding };
    this.log.error({ path, blob: file.blob }, 'a kept file of the page is damaged');
    return undefined;
  }

  private get own(): string {
    return this.site.fingerprint;
  }

  /** Whether the own release needs not be put again: it is the youngest, also if it came back after another one, and its index can be read. */
  private async mayStay(ages: ReadonlyMap<string, number>, next: string | undefined): Promise<boolean> {
    if (next !== undefined && (ages.get(next) ?? 0) < (ages.get(this.own) ?? 0)) return false;
    return (await this.readIndex(this.own)) !== undefined;
  }

  private async put(signal: AbortSignal | undefined): Promise<void> {
    const { index, bytes } = packRelease(this.own, await this.site.hashedFiles(), this.cipher);
    const options = { maxBytes: MAX_BYTES, contentType: 'application/octet-stream', signal };
    await this.store.put(bytes.key, Readable.from([bytes.bytes]), options);
    // Last: a release without its index does not exist.
    await this.store.put(index.key, Readable.from([Buffer.from(index.text)]), options);
    this.log.info({ release: this.own, bytes: bytes.bytes.length }, 'the files of the page are in the store');
  }

  /** Reads the index of each release that is new. Callers wait rather than miss what was put a moment ago. */
  private async look(): Promise<void> {
    const wait = this.mayLookAt - performance.now();
    if (wait > 0) await sleep(wait, undefined, { ref: false });
    this.mayLookAt = performance.now() + LOOK_EACH_MS;
    const there = new Set<string>();
    for await (const { key, size } of this.list()) {
      const release = releaseOf(key);
      if (key === indexKey(release) && release !== this.own && size <= MAX_INDEX_BYTES) there.add(release);
    }
    // Releases share files, so one that is gone may have hidden those of another.
    if ([...this.read].some((release) => !there.has(release))) {
      this.read.clear();
      this.files.clear();
    }
    for (const release of there) {
      if (this.read.has(release)) continue;
      for (const [path, file] of (await this.readIndex(release)) ?? []) this.files.set(path, file);
      this.read.add(release);
    }
  }

  private async readIndex(release: string): Promise<ReadonlyMap<string, KeptFile> | undefined> {
    const text = await this.textOf(indexKey(release));
    const files = text === undefined ? undefined : openIndex(release, text, this.cipher);
    if (text !== undefined && files === undefined)
      this.log.error({ release }, 'the index of a release of the page cannot be read');
    return files;
  }

  private async textOf(key: string): Promise<string | undefined> {
    try {
      const { stream } = await this.store.get(key);
      return (await buffer(stream)).toString('utf8');
    } catch (error) {
      if (error instanceof BlobNotFoundError) return undefined;
      throw error;
    }
  }

  private list(signal?: AbortSignal): AsyncIterable<BlobEntry> {
    return this.store.list(RELEASES, { signal });
  }
}
