import { randomBytes } from 'node:crypto';

/** An id no other process has: the service and eight hexadecimal digits. */
export function newInstanceId(service: string): string {
  return `${service}-${randomBytes(4).toString('hex')}`;
}
