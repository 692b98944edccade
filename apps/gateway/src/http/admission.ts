import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { overloaded, Problem } from '../problem';
import { Sessions } from '../sessions/sessions';
import { AdmissionControl } from './admission-control';
import { AnonymousPlaces } from './anonymous-places';
import { enforceBodyTimeout } from './body-timeout';
import type { ErrorFilter } from './error.filter';
import { releaseSlots } from './request';
import { parseCredentials } from './token';
import { isTurn, type TurnAdmission } from './turn-admission';

/** Largest body without a session, in bytes: a sign-up with a small picture. */
const ANONYMOUS_BODY_BYTES = 262_144;
/** Milliseconds in which it must arrive: a sign-in is sent at once. */
const ANONYMOUS_BODY_MS = 10_000;
/** Share of all places for requests without a session. */
const ANONYMOUS_SHARE = 4;

export interface AdmissionOptions {
  load: AdmissionControl;
  turns: TurnAdmission;
  sessions: Sessions;
  errors: ErrorFilter;
  maxRequests: number;
  bodyLimitBytes: number;
  /** Milliseconds in which a request must arrive, and in which its reply must make progress. */
  timeoutMs: number;
}

/**
 * Decides which requests are admitted. A request takes a place of the replica when its body has arrived and releases it when its reply is
 * sent, so slow clients hold none. While a body arrives, its bytes are limited by user; without a session it takes one of few places that can
 * be revoked.
 */
export class Admission {
  private readonly anonymousPlaces: AnonymousPlaces;

  constructor(private readonly options: AdmissionOptions) {
    this.anonymousPlaces = new AnonymousPlaces(Math.ceil(options.maxRequests / ANONYMOUS_SHARE));
  }

  /**
   * Admits the head of a request.
   *
   * @throws Problem
   */
  arrived(request: FastifyRequest, reply: FastifyReply): void {
    const { load, turns, sessions, errors, timeoutMs } = this.options;
    request.slots = [];
    reply.raw.once('close', () => releaseSlots(request));
    closeWithConnection(reply, request);
    load.refuseWhenFull();
    const owner = ownerOf(request, sessions);
    if (owner !== undefined && isTurn(request)) turns.refuseWhenFull(owner);
    if (owner === undefined) this.admitAnonymous(request, reply);
    else if (hasBody(request)) request.leaveBody = load.body(owner, this.sizeOf(request));
    if (request.leaveBody !== undefined) request.slots.push(request.leaveBody);
    const limitMs = owner === undefined ? Math.min(ANONYMOUS_BODY_MS, timeoutMs) : timeoutMs;
    enforceBodyTimeout(request, reply, errors, limitMs);
  }

  /**
   * Takes a place for a request whose body has arrived.
   *
   * @throws Problem 503
   */
  begin(request: FastifyRequest): void {
    request.leaveBody?.();
    request.leavePlace = this.options.load.request();
    request.slots?.push(request.leavePlace);
  }

  /** The reply is sent: reading it is up to the client, within a time limit. */
  answered(request: FastifyRequest, reply: FastifyReply): void {
    request.leavePlace?.();
    request.leaveTurn?.(reply.statusCode);
    limitReading(reply.raw, this.options.timeoutMs);
  }

  private admitAnonymous(request: FastifyRequest, reply: FastifyReply): void {
    if (hasBody(request)) {
      if (request.headers['transfer-encoding'] !== undefined)
        throw new Problem(411, 'Say how long the body is (header Content-Length), or sign in first.');
      if (this.sizeOf(request) > ANONYMOUS_BODY_BYTES)
        throw new Problem(413, 'The request is too large for a client that is not signed in. Sign in first.');
    }
    const { raw } = request;
    const makeRoom = (): boolean => {
      if (reply.raw.headersSent) {
        reply.raw.destroy();
      } else if (!raw.complete) {
        reply.raw.once('finish', () => raw.destroy());
        void reply.header('connection', 'close');
        this.options.errors.answer(overloaded(), request, reply);
      } else {
        return false;
      }
      return true;
    };
    request.slots?.push(this.anonymousPlaces.enter(request.ip, makeRoom));
  }

  /** An unknown length counts as the maximum. */
  private sizeOf({ headers }: FastifyRequest): number {
    const length = Number(headers['content-length'] ?? NaN);
    return Math.min(Number.isNaN(length) ? Infinity : length, this.options.bodyLimitBytes);
  }
}

/** Ends the connection of a client that has not read anything of its reply for so long. */
export function limitReading(reply: ServerResponse, limitMs: number): void {
  // Starts again whenever the client has read something.
  reply.setTimeout(limitMs, () => reply.destroy());
  // Node sets its own time-out after that, but not if the next request is already there: it would be disconnected during its work.
  reply.prependOnceListener('finish', () => {
    const { socket } = reply;
    if (socket instanceof Socket) socket.setTimeout(0);
  });
}

/** Whose session the request has, as far as it is known without a call. */
export function ownerOf(request: FastifyRequest, sessions: Sessions): string | undefined {
  for (const token of parseCredentials(request).tokens) {
    const userId = sessions.ownerOf(token);
    if (userId !== undefined) return userId;
  }
  return undefined;
}

/** Connects admission to Fastify's hooks. */
export function admitRequests(fastify: FastifyInstance, admission: Admission, errors: ErrorFilter): void {
  fastify.addHook('preValidation', (request, reply, done) => {
    try {
      if (request.slots !== undefined) admission.begin(request);
      done();
    } catch (error) {
      errors.answer(error, request, reply);
    }
  });
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    admission.answered(request, reply);
    done();
  });
}

/** Node closes only the reply that is being sent: one that waits behind it, for a client that pipelines, would never be closed. */
function closeWithConnection({ raw: reply }: FastifyReply, { raw: { socket } }: FastifyRequest): void {
  if (reply.socket !== null || !(socket instanceof Socket)) return;
  const close = (): void => {
    if (reply.socket !== null) return;
    reply.destroy();
    reply.emit('close');
  };
  // As many as the client has pipelined.
  socket.setMaxListeners(0).once('close', close);
  reply.once('close', () => socket.off('close', close));
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
