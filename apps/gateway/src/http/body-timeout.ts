import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../problem';
import type { ErrorFilter } from './error.filter';
import { guarded } from './guarded';
import { isUpload } from './upload-route';

/** An upload may take long, but must bring this many bytes within each limit: single bytes would only hold a place. */
const PROGRESS_BYTES = 16_384;

/** The rest of a body whose request was answered at its head: it is discarded, and ends in time, or with its connection. */
export function limitRest({ raw }: FastifyRequest, limitMs: number): void {
  if (raw.complete) return;
  const timer = setTimeout(() => raw.destroy(), limitMs).unref();
  raw.once('close', () => clearTimeout(timer));
}

/**
 * Ends a request whose body does not arrive in time, and a connection that still sends that long after its request was answered. Node's own
 * limit cannot exempt uploads.
 *
 * @param limitMs of a whole request; for an upload, of each step of its progress
 */
export function enforceBodyTimeout(
  request: FastifyRequest,
  reply: FastifyReply,
  errors: ErrorFilter,
  limitMs: number,
): void {
  const { raw } = request;
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if (encoding === undefined && Number(length ?? 0) === 0) return;
  let seen = raw.socket.bytesRead;
  const check = (): void => {
    if (raw.complete) return stop();
    const progress = raw.socket.bytesRead - seen;
    seen += progress;
    // We hold back unread bytes: the store is slow, not the client.
    if (isUpload(request) && !reply.sent && (progress >= PROGRESS_BYTES || raw.readableLength > 0)) return;
    stop();
    if (reply.sent || reply.raw.headersSent) return void raw.destroy();
    reply.raw.once('finish', () => raw.destroy());
    void reply.header('connection', 'close');
    errors.answer(new Problem(408, 'The request did not arrive in time. Try again.'), request, reply);
  };
  const timer = setInterval(
    guarded(check, () => raw.destroy()),
    limitMs,
  );
  timer.unref();
  const stop = (): void => clearInterval(timer);
  raw.once('end', stop);
  // Bytes after the reply are discarded: unread they would block the connection's next request until the limit.
  reply.raw.once('finish', () => {
    if (raw.complete) return;
    raw.unpipe();
    raw.resume();
  });
  raw.once('close', stop);
}
