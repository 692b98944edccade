import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../problem';

const DOOR = /^\/api\/v1\/files\/?(?:\?|$)/;
const FORM = /^multipart\/form-data(?:;|$)/i;

/** Whether the request is an upload, by its address. */
export function isUpload({ method, url }: FastifyRequest): boolean {
  return method === 'POST' && DOOR.test(url);
}

export function isForm({ headers }: FastifyRequest): boolean {
  return FORM.test(headers['content-type'] ?? '');
}

/** Leaves the body of an upload unread for its handler, after the guard. No other route reads forms. */
export function leaveUploadsUnread(fastify: FastifyInstance): void {
  fastify.addContentTypeParser('multipart/form-data', (request, _payload, done) => {
    if (isUpload(request)) done(null);
    else done(new Problem(415, 'The body must be JSON: send the header "Content-Type: application/json".'));
  });
}
