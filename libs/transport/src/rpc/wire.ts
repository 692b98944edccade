import type { ErrorCode, ErrorDetails, Principal } from '@perennial/contracts-kernel';

/** The consumer group of a service's request stream: its replicas. */
export const REPLICA_GROUP = 'replicas';
/** Field of a request record: the JSON of a `CallRecord`. */
export const RECORD_FIELD = 'r';
/** The same, with an encrypted request; older versions ignore this field. */
export const SEALED_RECORD_FIELD = 's';
/** Field of a record's signature, after the record; older versions ignore it. */
export const SIGNATURE_FIELD = 'h';

/** Keys and channels of calls. */
export const rpcKeys = {
  /** Stream: calls to a service. Written by callers, read by its replicas through the group. */
  requests: (prefix: string, service: string): string => `${prefix}:rpc:${service}`,
  /** Mark: replicas that decrypt requests have run. */
  seals: (prefix: string, service: string): string => `${prefix}:rpc:${service}:seals`,
  /** Channel: answers to one process. */
  replies: (prefix: string, processId: string): string => `${prefix}:reply:${processId}`,
  /** List: replies without a subscriber; collected after a reconnect. */
  parked: (prefix: string, processId: string): string => `${prefix}:parked:${processId}`,
  /** Hash: replies to one process that are too long to publish. */
  large: (prefix: string, processId: string): string => `${prefix}:large:${processId}`,
  /** Number: bytes that large calls have put into a service's stream since it was last measured. */
  queuedBytes: (prefix: string, service: string): string => `${prefix}:rpc:${service}:bytes`,
  /** Channel: ids of calls whose callers gave up. */
  cancels: (prefix: string, service: string): string => `${prefix}:cancel:${service}`,
};

/** A call on the wire. Names are short because every call carries them. */
export interface CallRecord {
  /** Call id, `<processId>.<number>`: the address of the reply, and the same in every repetition of the call. */
  i: string;
  /** Pattern. */
  p: string;
  /** Milliseconds until the deadline; counts from the time in the record's stream id, which is Redis's clock. */
  b: number;
  /** Principal. */
  u: Principal;
  /** Idempotency key; the default is the call id. */
  k?: string;
  /** Trace context (W3C headers). */
  t?: Record<string, string>;
  /**
   * Longest direct reply, in UTF-16 units; a longer one waits in a key. Absent: the caller supports direct replies only.
   */
  m?: number;
  /** How often earlier records of the call were delivered, when its caller repeats it; older versions ignore it. */
  n?: number;
  /** When it was sent, in milliseconds of the caller's clock; limits replays of a signed record. */
  a?: number;
  /** Request. */
  d?: unknown;
  /** Request, encrypted: JSON. */
  z?: string;
}

/** Error in a reply. */
export interface Failure {
  code: ErrorCode;
  message: string;
  /** Absent is none. */
  details?: ErrorDetails;
}

/**
 * One reply: call id without the process, then 1 and the reply, 0 and the failure, or 2 and the length of a reply that waits in a key.
 * Several share one message.
 */
export type AnswerFrame =
  | [call: string, kind: 1, reply: unknown]
  | [call: string, kind: 0, failure: Failure]
  | [call: string, kind: 2, length: number];

/** Context of a request's signature: its recipient. */
export function requestContext(service: string): string {
  return `request ${service}`;
}

/** The same for replies. */
export function answerContext(processId: string): string {
  return `answer ${processId}`;
}

/** The frames of one message, unchecked; undefined when it is not a JSON array. */
export function readAnswers(message: string): unknown[] | undefined {
  try {
    const frames: unknown = JSON.parse(message);
    return Array.isArray(frames) ? frames : undefined;
  } catch {
    return undefined;
  }
}

export function isAnswerFrame(frame: unknown): frame is AnswerFrame {
  if (!Array.isArray(frame) || typeof frame[0] !== 'string') return false;
  if (frame[1] === 2) return Number.isSafeInteger(frame[2]) && (frame[2] as number) >= 0;
  return frame[1] === 1 || (frame[1] === 0 && isFailure(frame[2]));
}

function isFailure(value: unknown): value is Failure {
  if (typeof value !== 'object' || value === null) return false;
  const { code, message, details } = value as Record<string, unknown>;
  return (
    typeof code === 'string' && typeof message === 'string' && (details === undefined || typeof details === 'object')
  );
}

export function callId(processId: string, sequence: number): string {
  return `${processId}.${sequence.toString(36)}`;
}

/** Splits a call id into the waiting process and the number. */
export function splitCallId(id: string): { processId: string; call: string } {
  const dot = id.lastIndexOf('.');
  return { processId: id.slice(0, dot), call: id.slice(dot + 1) };
}

export function encodeReply(call: string, reply: unknown): string {
  // undefined has no JSON; a reply schema that allows it gets it as a missing third member.
  const body = JSON.stringify(reply);
  return body === undefined ? `["${call}",1]` : `["${call}",1,${body}]`;
}

export function encodeFailure(call: string, failure: Failure): string {
  return `["${call}",0,${JSON.stringify(failure)}]`;
}

/** Points to a reply that waits in a key. */
export function encodePointer(call: string, length: number): string {
  return `["${call}",2,${length}]`;
}

/** Milliseconds of Redis's clock at which a record was added. */
export function recordedAtMs(streamId: string): number {
  return Number(streamId.slice(0, streamId.indexOf('-')));
}
