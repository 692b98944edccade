import type { Readable } from 'node:stream';

/**
 * Where the bytes of uploaded files are kept. One contract for every driver; `capabilities` say what differs, no caller
 * branches on a driver's name.
 *
 * Keys are made by us, never from what a user typed: one to sixteen segments of letters, digits, `_` and `-`, joined by `/`
 * (`files/<file id>/<generation>`). Anything else is refused with `InvalidKeyError` before the store is asked.
 *
 * Every method rejects with a `BlobStoreError`, or with the reason of the `signal` that was aborted.
 */
export interface BlobStore {
  readonly capabilities: BlobStoreCapabilities;

  /**
   * Writes a whole blob from a stream, with back-pressure: at most a few parts are held in memory. It is there as a whole and
   * durable when this resolves, and not at all when it rejects (a blob that was there before under the key stays as it was).
   * Two at the same key: each resolves, the last to finish is what stays, never a mix.
   * An error of the source rejects with that error; the source is destroyed whenever this rejects.
   * @throws BlobTooLargeError once more than `maxBytes` have come; BlobIntegrityError when it is not what was announced
   */
  put(key: string, source: Readable, options: PutOptions): Promise<StoredBlob>;

  /**
   * Opens a blob, or a range of it. The stream must be read to its end or destroyed; it fails when fewer bytes come than
   * promised. It reads what was there when it was opened, even if the key is written or deleted meanwhile.
   * @throws BlobNotFoundError, RangeNotSatisfiableError
   */
  get(key: string, options?: GetOptions): Promise<BlobContent>;

  /** Removes a blob; one that is not there is no error. */
  delete(key: string): Promise<void>;

  /**
   * All blobs whose key starts with `prefix`, in no order. Unfinished ones are not shown; one that is written or deleted meanwhile
   * may or may not be.
   */
  list(prefix: string, options?: ListOptions): AsyncIterable<BlobEntry>;

  /**
   * Removes what a killed process left of a `put` (temporary files, parts without an end) once it is older than `olderThanMs`,
   * and says how many. Takes longer than any upload as the age: the store can not tell a slow upload from a dead one.
   */
  removeUnfinished(olderThanMs: number): Promise<number>;

  /** A URL that lets whoever has it read the blob for `ttlS` seconds, straight from the store. Only with `capabilities.presign`. */
  presign?(key: string, options: PresignOptions): Promise<string>;

  /** Resolves when the store answers and lets us in. Bounded by a few seconds. */
  health(): Promise<void>;

  /** Closes connections; the store may not be used afterwards. */
  close(): Promise<void>;
}

export interface BlobStoreCapabilities {
  /** It has `presign`. */
  readonly presign: boolean;
  /** Processes on different hosts see the same blobs without anything else being set up. */
  readonly sharedBetweenHosts: boolean;
}

export interface PutOptions {
  /** More than this is refused, and nothing stays. */
  maxBytes: number;
  /** MIME type told to the store; what we serve says its own. */
  contentType?: string;
  /** Bytes that must come; another number is refused. */
  size?: number;
  /** Hash that must come out (64 lower-case hexadecimal digits); another one is refused. */
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

/** Part of a blob: from `start` to `end` (both counted, from 0; to the last byte without `end`), or the last `suffix` bytes. */
export type BlobRange = { start: number; end?: number } | { suffix: number };

export interface BlobContent {
  stream: Readable;
  /** Bytes of the whole blob. */
  size: number;
  /** Offset of the first byte of the stream. */
  start: number;
  /** Bytes that the stream brings. */
  length: number;
}

export interface ListOptions {
  signal?: AbortSignal;
}

export interface BlobEntry {
  key: string;
  /** Bytes. */
  size: number;
  /** Milliseconds since it was written, by the store's clock as far as it is known. */
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
