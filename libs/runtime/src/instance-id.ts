import { randomBytes } from 'node:crypto';

/** A unique id of a process: the service and eight hexadecimal digits. */
export function newInstanceId(service: string): string {
  return `${service}-${randomBytes(4).toString('hex')}`;
}
