import { BlobIntegrityError } from '../errors';

/**
 * An encrypted blob: a header, then frames. docs/decisions/0073 has the reasons.
 *
 * | bytes | header                                                     |
 * | ----- | ---------------------------------------------------------- |
 * | 8     | `PRNBLOB1`                                                 |
 * | 32    | id of the key that wraps the data key, filled up with zeros |
 * | 12    | nonce of the wrapping                                      |
 * | 48    | the data key, wrapped                                      |
 *
 * Each frame is up to 65 536 bytes of the blob, encrypted, and a tag of 16 bytes. All but the last are full; an empty blob has one empty frame.
 */
export const HEADER = { magic: Buffer.from('PRNBLOB1'), keyId: 32, nonce: 12, dataKey: 32, tag: 16 } as const;
const WRAPPED = HEADER.dataKey + HEADER.tag;
export const HEADER_BYTES = HEADER.magic.length + HEADER.keyId + HEADER.nonce + WRAPPED;

/** Bytes of the blob in a frame. */
export const FRAME_BYTES = 64 * 1024;
export const TAG_BYTES = 16;
/** Bytes of a full frame as it is stored. */
export const SEALED_BYTES = FRAME_BYTES + TAG_BYTES;

export interface Header {
  keyId: string;
  nonce: Buffer;
  /** The encrypted data key and its tag. */
  wrapped: Buffer;
}

export function formatHeader({ keyId, nonce, wrapped }: Header): Buffer {
  return Buffer.concat([HEADER.magic, Buffer.alloc(HEADER.keyId).fill(keyId, 0, keyId.length), nonce, wrapped]);
}

/** @throws BlobIntegrityError */
export function parseHeader(bytes: Buffer): Header {
  const { magic } = HEADER;
  if (bytes.length !== HEADER_BYTES || !bytes.subarray(0, magic.length).equals(magic))
    throw new BlobIntegrityError('The encrypted blob does not begin with a header');
  const nonceAt = magic.length + HEADER.keyId;
  const wrappedAt = nonceAt + HEADER.nonce;
  const keyId = bytes.toString('latin1', magic.length, nonceAt).replace(/\0+$/, '');
  // It is shown in errors, and somebody else may have written it.
  if (!/^[\w-]{1,32}$/.test(keyId)) throw new BlobIntegrityError('The encrypted blob does not begin with a header');
  return { keyId, nonce: bytes.subarray(nonceAt, wrappedAt), wrapped: bytes.subarray(wrappedAt) };
}

/** Bytes of the blob, of those that are stored. One that is cut off has some size too: opening its last frame tells. */
export function toPlainSize(stored: number): number {
  const sealed = stored - HEADER_BYTES;
  return Math.max(0, sealed - Math.ceil(sealed / SEALED_BYTES) * TAG_BYTES);
}

/** Bytes that are stored for so many bytes of a blob. */
export function toStoredSize(size: number): number {
  return HEADER_BYTES + size + toFrames(size) * TAG_BYTES;
}

export function toFrames(size: number): number {
  return Math.max(1, Math.ceil(size / FRAME_BYTES));
}

/** The nonce of a frame: its number, and whether it is the last. No data key is used for two blobs. */
export function toNonce(frame: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(HEADER.nonce);
  nonce.writeUIntBE(frame, 5, 6);
  nonce[11] = last ? 1 : 0;
  return nonce;
}
