import { createHash } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import { BlobIntegrityError, BlobStoreUnavailableError, BlobTooLargeError, RangeNotSatisfiableError } from './errors';
import type { BlobRange, PutOptions, StoredBlob } from './types';

/** A store that sends no byte for this long while we read counts as away. */
const STALL_MS = 30_000;

/** Counts and hashes a put's bytes, and refuses too many, or others than announced. */
export class Meter {
  private readonly hash = createHash('sha256');
  private size = 0;

  constructor(private readonly options: PutOptions) {}

  /** @throws BlobTooLargeError */
  add(chunk: Uint8Array): void {
    this.size += chunk.length;
    if (this.size > this.options.maxBytes) throw new BlobTooLargeError(this.options.maxBytes);
    this.hash.update(chunk);
  }

  /** @throws BlobIntegrityError */
  end(): StoredBlob {
    const stored = { size: this.size, sha256: this.hash.digest('hex') };
    const { size, sha256 } = this.options;
    if (size !== undefined && size !== stored.size)
      throw new BlobIntegrityError(`${stored.size} bytes came instead of ${size}`);
    if (sha256 !== undefined && sha256 !== stored.sha256)
      throw new BlobIntegrityError('What came has another SHA-256 than was announced');
    return stored;
  }
}

/** Destroys the stream when the signal is aborted; returns the function that stops this. */
export function destroyOnAbort(stream: Readable, signal: AbortSignal | undefined): () => void {
  if (signal === undefined) return () => undefined;
  const abort = (): void => {
    // An error that nobody listens to ends the process; a stream that is not read yet has no listener.
    stream.once('error', () => undefined);
    stream.destroy(signal.reason as Error);
  };
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return () => signal.removeEventListener('abort', abort);
}

/**
 * The offsets of a range in a blob of this size, `end` exclusive.
 * @throws RangeNotSatisfiableError
 */
export function resolveRange(range: BlobRange | undefined, size: number): { start: number; end: number } {
  if (range === undefined) return { start: 0, end: size };
  const [start, end] =
    'suffix' in range
      ? [Math.max(0, size - range.suffix), size]
      : [range.start, Math.min(size, (range.end ?? size - 1) + 1)];
  if (!(start >= 0 && start < end)) throw new RangeNotSatisfiableError(size);
  return { start, end };
}

/**
 * The same bytes, checked: too few bytes, a stalled store, and the store's own errors (mapped) end the stream with an error instead of a
 * short success. Destroying it destroys the source.
 */
export function exactly(
  source: Readable,
  length: number,
  translate: (error: unknown) => Error,
  signal?: AbortSignal,
): Readable {
  let seen = 0;
  let last = -1;
  const checked = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      done(null, chunk);
    },
    flush(done) {
      done(seen === length ? null : short());
    },
    destroy(error, done) {
      clearInterval(watch);
      release();
      source.destroy();
      done(error);
    },
  });
  const short = (): Error => new BlobStoreUnavailableError(`The blob ended after ${seen} of ${length} bytes`);
  // With bytes left to read the reader is the slow side.
  const watch = setInterval(() => {
    if (seen === last && checked.readableLength === 0)
      checked.destroy(new BlobStoreUnavailableError(`The store brought nothing for ${STALL_MS / 1_000} s`));
    last = seen;
  }, STALL_MS);
  watch.unref();
  const release = destroyOnAbort(checked, signal);
  source.once('error', (error) => checked.destroy(translate(error)));
  source.once('close', () => {
    if (!source.readableEnded && !checked.destroyed) checked.destroy(short());
  });
  // An unread stream must not end the process when the store fails; a later reader still gets the error.
  checked.on('error', () => undefined);
  source.pipe(checked);
  return checked;
}
