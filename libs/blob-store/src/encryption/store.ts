import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough, pipeline, type Readable, type Transform } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  BlobIntegrityError,
  BlobNotFoundError,
  BlobStoreDeniedError,
  InvalidKeyError,
  RangeNotSatisfiableError,
} from '../errors';
import { checkKey, checkPrefix, keyOfSealed, toSealedKey } from '../keys';
import { Meter, resolveRange } from '../streams';
import type {
  BlobContent,
  BlobEntry,
  BlobStore,
  GetOptions,
  KeyedBlobStore,
  ListOptions,
  PresignOptions,
  PutOptions,
  Rotation,
  StoredBlob,
} from '../types';
import {
  formatHeader,
  HEADER,
  type Header,
  HEADER_BYTES,
  parseHeader,
  SEALED_BYTES,
  toPlainSize,
  toStoredSize,
} from './format';
import { framesOf, Opener, Sealer } from './frames';
import type { KeyRing } from './key-ring';

/**
 * Encrypts what is written into another store, where there are keys, and decrypts what is read. An encrypted blob is stored under a name of
 * its own, so that plain ones of before are read too, and a list knows the size of each. Without keys it passes everything on, and refuses
 * what is encrypted instead of giving it out as it is.
 */
export class EncryptedBlobStore implements KeyedBlobStore {
  readonly capabilities;
  readonly presign?: BlobStore['presign'];

  constructor(
    private readonly inner: BlobStore,
    private readonly ring: KeyRing,
  ) {
    // The store itself could only give out what is encrypted.
    const presign = inner.presign !== undefined && ring.current === undefined;
    if (presign) this.presign = async (key: string, options: PresignOptions) => inner.presign!(checkOwn(key), options);
    this.capabilities = { ...inner.capabilities, presign };
  }

  async put(key: string, source: Readable, options: PutOptions): Promise<StoredBlob> {
    try {
      checkOwn(key);
      if (this.ring.current === undefined) return await this.inner.put(key, source, options);
      const stored = await this.putSealed(key, source, options);
      // One that stays is hidden by the new one, and removed with it or by the next rotation.
      await this.inner.delete(key).catch(() => undefined);
      return stored;
    } finally {
      source.destroy();
    }
  }

  async get(key: string, options: GetOptions = {}): Promise<BlobContent> {
    checkOwn(key);
    const sealed = (): Promise<BlobContent> => this.getSealed(key, options);
    const plain = (): Promise<BlobContent> => this.inner.get(key, options);
    // A blob is one or the other; the likelier is asked for first. A plain one that is encrypted between the two questions is neither.
    for (const ask of this.ring.current === undefined ? [plain, sealed] : [sealed, plain, sealed]) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof BlobNotFoundError)) throw error;
      }
    }
    throw new BlobNotFoundError(key);
  }

  async delete(key: string): Promise<void> {
    await this.inner.delete(toSealedKey(checkOwn(key)));
    await this.inner.delete(key);
  }

  async *list(prefix: string, options?: ListOptions): AsyncGenerator<BlobEntry> {
    checkPrefix(prefix);
    // The empty prefix finds both kinds.
    const sealedPrefix = prefix === '' ? '' : toSealedKey(prefix);
    for (const own of new Set([prefix, sealedPrefix]))
      for await (const entry of this.inner.list(own, options)) {
        const key = keyOfSealed(entry.key);
        if (key === undefined) yield entry;
        else if (own === sealedPrefix) yield { ...entry, key, size: toPlainSize(entry.size) };
      }
  }

  async rotate(key: string): Promise<Rotation> {
    checkOwn(key);
    if (this.ring.current === undefined) throw new BlobStoreDeniedError('BLOB_ENCRYPTION_KEYS is not set');
    try {
      const rotation = await this.rewrap(key);
      // A plain one may have stayed beside it.
      await this.inner.delete(key);
      return rotation;
    } catch (error) {
      if (!(error instanceof BlobNotFoundError)) throw error;
    }
    try {
      const { stream, size } = await this.inner.get(key);
      await this.put(key, stream, { maxBytes: size, size });
      return 'encrypted';
    } catch (error) {
      if (error instanceof BlobNotFoundError) return 'gone';
      throw error;
    }
  }

  removeUnfinished(olderThanMs: number): Promise<number> {
    return this.inner.removeUnfinished(olderThanMs);
  }

  health(): Promise<void> {
    return this.inner.health();
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  private async putSealed(key: string, source: Readable, options: PutOptions): Promise<StoredBlob> {
    const dataKey = randomBytes(HEADER.dataKey);
    const sealer = new Sealer(formatHeader(this.ring.wrap(dataKey, key)), dataKey, new Meter(options));
    const maxBytes = toStoredSize(options.maxBytes);
    await this.inner.put(toSealedKey(key), join(source, sealer), { maxBytes, signal: options.signal });
    return sealer.stored!;
  }

  private async getSealed(key: string, { range, signal }: GetOptions): Promise<BlobContent> {
    if (range === undefined) {
      const { stream, dataKey, stored } = await this.openWhole(key, signal);
      const size = toPlainSize(stored);
      return { stream: join(stream, new Opener(dataKey, { size, start: 0, end: size })), size, start: 0, length: size };
    }
    const { header, stored } = await this.readHeader(key, signal);
    const dataKey = this.ring.unwrap(header, key);
    const size = toPlainSize(stored);
    const { start, end } = resolveRange(range, size);
    const { first, last } = framesOf({ start, end });
    const frames = { start: HEADER_BYTES + first * SEALED_BYTES, end: HEADER_BYTES + (last + 1) * SEALED_BYTES - 1 };
    const { stream } = await this.inner.get(toSealedKey(key), { range: frames, signal });
    return { stream: join(stream, new Opener(dataKey, { size, start, end })), size, start, length: end - start };
  }

  /** Writes the blob again with its data key wrapped by the first key; its frames stay as they are. */
  private async rewrap(key: string): Promise<Rotation> {
    const { header } = await this.readHeader(key);
    if (header.keyId === this.ring.current) return 'current';
    const { stream, dataKey, stored } = await this.openWhole(key);
    const renewed = new PassThrough();
    renewed.write(formatHeader(this.ring.wrap(dataKey, key)));
    await this.inner.put(toSealedKey(key), join(stream, renewed), { maxBytes: stored, size: stored });
    return 'rewrapped';
  }

  private async readHeader(key: string, signal?: AbortSignal): Promise<{ header: Header; stored: number }> {
    const range = { start: 0, end: HEADER_BYTES - 1 };
    try {
      const { stream, size } = await this.inner.get(toSealedKey(key), { range, signal });
      return { header: parseHeader(await buffer(stream)), stored: size };
    } catch (error) {
      throw error instanceof RangeNotSatisfiableError ? new BlobIntegrityError('The encrypted blob is empty') : error;
    }
  }

  /** @returns the stream of the frames, its bytes with the header, and the key that opens it */
  private async openWhole(
    key: string,
    signal?: AbortSignal,
  ): Promise<{ stream: Readable; stored: number; dataKey: Buffer }> {
    const { stream, size: stored } = await this.inner.get(toSealedKey(key), { signal });
    try {
      if (stored < HEADER_BYTES) throw new BlobIntegrityError('The encrypted blob is cut off in its header');
      return { stream, stored, dataKey: this.ring.unwrap(parseHeader(await takeHeader(stream)), key) };
    } catch (error) {
      stream.destroy();
      throw error;
    }
  }
}

/** `from`, passed through `to`: a failure or the end of one is the other's. */
function join(from: Readable, to: Transform): Readable {
  pipeline(from, to, () => undefined);
  return to;
}

function checkOwn(key: string): string {
  if (keyOfSealed(checkKey(key)) !== undefined) throw new InvalidKeyError();
  return key;
}

/** The first bytes of a stream that has as many; the rest stays to be read. */
async function takeHeader(stream: Readable): Promise<Buffer> {
  for (;;) {
    const bytes = stream.read(HEADER_BYTES) as Buffer | null;
    if (bytes !== null) return bytes;
    await once(stream, 'readable');
  }
}
