import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { BlobKeyError, BlobStoreDeniedError } from '../errors';
import { HEADER, type Header } from './format';

/** One key of `BLOB_ENCRYPTION_KEYS`. */
export interface EncryptionKey {
  id: string;
  /** 32 bytes. */
  secret: Buffer;
}

const KEY = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/]{43}=)$/;

/**
 * The keys of `ID:KEY` pairs, each KEY 32 bytes in base64.
 *
 * @returns undefined when one is wrong, or an id is there twice
 */
export function parseEncryptionKeys(pairs: readonly string[]): EncryptionKey[] | undefined {
  const keys = pairs.flatMap((pair) => {
    const [, id, secret] = KEY.exec(pair) ?? [];
    return id === undefined || secret === undefined ? [] : [{ id, secret: Buffer.from(secret, 'base64') }];
  });
  const ids = new Set(keys.map(({ id }) => id));
  return ids.size === pairs.length ? keys : undefined;
}

/** Wraps and unwraps the data keys of blobs (AES-256-GCM). The first key wraps, all of them unwrap. */
export class KeyRing {
  /** @param keys may be empty: then nothing is written encrypted, and nothing encrypted can be read */
  constructor(private readonly keys: readonly EncryptionKey[]) {}

  /** The id of the key that wraps; undefined without keys. */
  get current(): string | undefined {
    return this.keys[0]?.id;
  }

  /**
   * @param key of the blob, to which the header is bound
   * @throws BlobStoreDeniedError without keys
   */
  wrap(dataKey: Buffer, key: string): Header {
    const [first] = this.keys;
    if (first === undefined) throw new BlobStoreDeniedError('BLOB_ENCRYPTION_KEYS is not set');
    const nonce = randomBytes(HEADER.nonce);
    const cipher = createCipheriv('aes-256-gcm', first.secret, nonce).setAAD(boundTo(first.id, key));
    const wrapped = Buffer.concat([cipher.update(dataKey), cipher.final(), cipher.getAuthTag()]);
    return { keyId: first.id, nonce, wrapped };
  }

  /** @throws BlobKeyError when the key is missing or another one, or the header is damaged */
  unwrap({ keyId, nonce, wrapped }: Header, key: string): Buffer {
    const found = this.keys.find(({ id }) => id === keyId);
    if (found === undefined)
      throw new BlobKeyError(
        `The blob is encrypted with the key "${keyId}", which is not in BLOB_ENCRYPTION_KEYS: add it`,
      );
    const end = wrapped.length - HEADER.tag;
    const decipher = createDecipheriv('aes-256-gcm', found.secret, nonce, { authTagLength: HEADER.tag })
      .setAAD(boundTo(keyId, key))
      .setAuthTag(wrapped.subarray(end));
    try {
      return Buffer.concat([decipher.update(wrapped.subarray(0, end)), decipher.final()]);
    } catch {
      throw new BlobKeyError(
        `The key "${keyId}" of BLOB_ENCRYPTION_KEYS is not the one with which the blob was encrypted, or its header is damaged`,
      );
    }
  }
}

/** A header that is moved to another blob, or said to be of another key, is refused. */
const boundTo = (keyId: string, key: string): Buffer => Buffer.from(`perennial-blob-1\0${keyId}\0${key}`);
