import type { FastifyRequest } from 'fastify';
import { Problem } from '../problem';

/** The caller's key of a request that changes something. @throws Problem 422 when it is no key */
export function readIdempotencyKey(request: FastifyRequest): string | undefined {
  const header = request.headers['idempotency-key'];
  if (header === undefined || header === '') return undefined;
  if (typeof header !== 'string' || header.length > 255) {
    throw new Problem(422, 'Idempotency-Key: must be one value of at most 255 characters');
  }
  return header;
}
