import { createHash } from 'node:crypto';
import type { PointRef } from './types';

/** The namespace of our version 5 UUIDs. It must never change, or stored points would be written a second time. */
const NAMESPACE = Buffer.from('5b6f0a3f8c2e4d0fa1f7c3b29d6e4f10', 'hex');

/** The id of a point, always the same for one chunk of one generation in one scope. */
export function pointId({ scope, fileId, generation, ordinal }: Omit<PointRef, 'id'>): string {
  const name = JSON.stringify([scope, fileId, generation, ordinal]);
  const bytes = createHash('sha1').update(NAMESPACE).update(name).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
