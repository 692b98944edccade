import type { Readable } from 'node:stream';

/**
 * The store for bytes of uploaded files. One contract for every driver; `capabilities` state the differences, so no caller depends on a
 * driver's name.
 * We create the keys, never from a user's input: one to sixteen segments of letters, digits, `_` and `-`, joined by `/` (`files/<file
 * id>/<generation>`), the first one not `enc`. Other keys are refused with `InvalidKeyError` before the store is called.
 * Every method rejects with a `BlobStoreError`, or with the reason of the aborted `signal`.
 */
export interface BlobStore {
  readonly capabilities: BlobStoreCapabilities;

  /**
   * Writes a whole blob from a stream, with backpressure: at most a few parts are in memory. The blob is complete and durable when this
   * resolves, and does not exist when it rejects (an earlier blob under the key is unchanged). Two concurrent puts to one key both resolve,
   * and the last to finish wins, never a mix. An error of the source rejects with that error; the source is destroyed whenever this rejects.
   *
   * @throws BlobTooLargeError beyond `maxBytes`; BlobIntegrityError when the bytes differ from the announced ones
   */
  put(key: string, source: Readable, options: PutOptions): Promise<StoredBlob>;

  /**
   * Opens a blob, or a range of it. The stream must be read to its end or destroyed; it fails if fewer bytes come than promised. It reads the
   * blob as of the opening, even if the key is written or deleted meanwhile.
   *
   * @throws BlobNotFoundError, RangeNotSatisfiableError
   */
  get(key: string, options?: GetOptions): Promise<BlobContent>;

  /** Deletes a blob; idempotent. */
  delete(key: string): Promise<void>;

  /**
   * All blobs whose key starts with `prefix`, in no order, without unfinished ones; one that is written or deleted meanwhile may or may not
   * be included.
   */
  list(prefix: string, options?: ListOptions): AsyncIterable<BlobEntry>;

  /**
   * Removes the leftovers of `put`s in killed processes (temporary files, incomplete parts) that are older than `olderThanMs`, and returns
   * their number. The age must exceed any upload's duration: the store cannot tell a slow upload from a dead one.
   */
  removeUnfinished(olderThanMs: number): Promise<number>;

  /**
   * A URL by which anybody can read the blob for `ttlS` seconds, directly from the store. Only with `capabilities.presign`.
   */
  presign?(key: string, options: PresignOptions): Promise<string>;

  /** Resolves when the store answers and accepts our credentials, within a few seconds. */
  health(): Promise<void>;

  /** Closes connections; the store may not be used afterwards. */
  close(): Promise<void>;
}

/** A store whose blobs may be encrypted by us. */
export interface KeyedBlobStore extends BlobStore {
  /**
   * Brings a blob under the first key of `BLOB_ENCRYPTION_KEYS`: one of another key is written again with a new header, a plain one is
   * encrypted. Idempotent; a blob that is deleted meanwhile may stay, and is then an orphan.
   *
   * @throws BlobStoreDeniedError without keys
   */
  rotate(key: string): Promise<Rotation>;
}

export type Rotation = 'current' | 'rewrapped' | 'encrypted' | 'gone';

export interface BlobStoreCapabilities {
  /** It has `presign`. */
  readonly presign: boolean;
  /** Processes on different hosts see the same blobs without further set-up. */
  readonly sharedBetweenHosts: boolean;
}

export interface PutOptions {
  /** Beyond this the put is refused and nothing is stored. */
  maxBytes: number;
  /** MIME type for the store; our own replies set theirs. */
  contentType?: string;
  /** Expected bytes; another number is refused. */
  size?: number;
  /** Expected hash (64 lower-case hexadecimal digits); another one is refused. */
  sha256?: string;
  signal?: AbortSignal;
}

export interface StoredBlob {
  /** Bytes. */
  size: number;
  /** 64 lower-case hexadecimal digits. */
  sha256: string;
}

export interface GetOptions {
  range?: BlobRange;
  signal?: AbortSignal;
}

/**
 * Part of a blob: from `start` to `end` (inclusive, from 0; to the last byte without `end`), or the last `suffix` bytes.
 */
export type BlobRange = { start: number; end?: number } | { suffix: number };

export interface BlobContent {
  stream: Readable;
  /** Bytes of the whole blob. */
  size: number;
  /** Offset of the first byte of the stream. */
  start: number;
  /** Bytes in the stream. */
  length: number;
}

export interface ListOptions {
  signal?: AbortSignal;
}

export interface BlobEntry {
  key: string;
  /** Bytes. */
  size: number;
  /** Milliseconds since it was written, by the store's clock if known. */
  ageMs: number;
}

export interface PresignOptions {
  /** Seconds, 1 to 604 800. */
  ttlS: number;
  /** The answer's `Content-Disposition`. */
  disposition?: string;
  /** The answer's `Content-Type`. */
  contentType?: string;
}
