import { createHash } from 'node:crypto';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * The id that a row has here: its own where that is a UUID, else one that is always the same for it. So an import that is repeated finds
 * what it has done, and the references between rows hold.
 */
export function idHere(id: unknown): string {
  const own = String(id).toLowerCase();
  if (UUID.test(own)) return own;
  const hash = createHash('sha256').update(`open-webui:${own}`).digest('hex');
  // Version 8: made by a rule of our own.
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}
