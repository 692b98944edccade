import { createHash } from 'node:crypto';

/** The namespace of the ids of points: any fixed UUID does, and it never changes. */
const NAMESPACE = Buffer.from('6f0d4f1c9b7e4f3a8a51c2d8e9b07c64', 'hex');

/** A UUID of version 5 (RFC 9562): the same name gives the same UUID, everywhere and always. */
export function uuidV5(name: string, namespace: Uint8Array = NAMESPACE): string {
  const bytes = createHash('sha1').update(namespace).update(name, 'utf8').digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The id of a chunk in a scope of a vector store, so that indexing is idempotent. */
export function pointId(scope: string, fileId: string, generation: number, ordinal: number): string {
  return uuidV5(`${scope}/${fileId}/${generation}/${ordinal}`);
}
