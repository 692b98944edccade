import { ProviderError, type ProviderErrorCode } from '../errors';
import type { AnswerEnd, ChatRequest, ModelConnection, ProviderTimeouts } from '../types';

/** Commands of the process to its thread. Answers are identified by a number that the process chooses. */
export type Command =
  | {
      kind: 'stream';
      id: number;
      connection: ModelConnection;
      timeouts: Partial<ProviderTimeouts>;
      request: ChatRequest;
      raw: boolean;
      headers: Record<string, string>;
    }
  /** The caller no longer waits for this answer. */
  | { kind: 'cancel'; id: number }
  /** Asks for nothing but a turn of the thread's loop. */
  | { kind: 'ping' };

/** Indexes in the shared memory, by which neither side has to be woken; 32-bit integers, which may wrap. */
export const SHARED = {
  /** Number of commands sent; the thread waits on it, so that a command ends its rest. */
  commands: 0,
  /** Milliseconds that the thread may rest. */
  restMs: 1,
  /** UTF-16 units that the process has accepted. */
  taken: 2,
  /** The answer whose bytes are being decoded; 0: none. */
  reading: 3,
  /** Turns of the thread's event loop. */
  turns: 4,
} as const;

export function newShared(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(Object.keys(SHARED).length * Int32Array.BYTES_PER_ELEMENT));
}

/** Kinds of events; numbers, because many go in one message. */
export const EVENT = { text: 0, reasoning: 1, choices: 2, unopened: 3, end: 4, error: 5 } as const;
export type EventKind = (typeof EVENT)[keyof typeof EVENT];

/** Events of many answers, as `id, kind, value` one after another: flat, because each object would cost more than its text. */
export type Batch = (number | string)[];

interface ErrorRecord {
  code: ProviderErrorCode;
  message: string;
  status?: number;
  retryable: boolean;
  retryAfter?: number;
  confidential: boolean;
  told: boolean;
  cause?: string;
}

/** A provider's data may be nested without end: if it cannot be serialised it is a protocol error. */
export function encodeEnd(end: AnswerEnd): { kind: EventKind; value: string } {
  try {
    return { kind: EVENT.end, value: JSON.stringify(end) };
  } catch (cause) {
    return { kind: EVENT.error, value: encodeError(cause) };
  }
}

export function decodeEnd(value: string): AnswerEnd {
  return JSON.parse(value) as AnswerEnd;
}

export function encodeError(error: unknown): string {
  const failure =
    error instanceof ProviderError
      ? error
      : new ProviderError('PROTOCOL', 'The provider sent something that cannot be understood', { cause: error });
  const { code, message, status, retryable, retryAfter, confidential, told, cause } = failure;
  const record: ErrorRecord = {
    ...{ code, message, status, retryable, retryAfter, confidential, told },
    ...(cause instanceof Error && { cause: cause.message }),
  };
  return JSON.stringify(record);
}

export function decodeError(value: string): ProviderError {
  const { code, message, cause, ...details } = JSON.parse(value) as ErrorRecord;
  return new ProviderError(code, message, { ...details, cause: cause === undefined ? undefined : new Error(cause) });
}
