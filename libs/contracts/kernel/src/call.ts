import type { z } from 'zod';

/** The services that answer calls. A call names one; the transport delivers it to exactly one replica of it. */
export type ServiceName = 'auth' | 'chat' | 'retrieval' | 'config';

/**
 * What a second delivery of the same call may do.
 * - `read`: changes nothing; it simply runs again.
 * - `keyed`: changes something, idempotently: its handler stores the caller's idempotency key in the same transaction, and a second delivery
 *   returns the first result.
 * - `once`: changes something without a key; it is never repeated, and if its replica dies the caller gets `OUTCOME_UNKNOWN`.
 */
export type CallEffect = 'read' | 'keyed' | 'once';

/** A call between services: its address, its schemas (checked on both sides) and its time limit. */
export interface Call<Request extends z.ZodType = z.ZodType, Reply extends z.ZodType = z.ZodType> {
  readonly service: ServiceName;
  /** The address of the call, for example `chat.runs.accept`. */
  readonly pattern: string;
  readonly effect: CallEffect;
  readonly request: Request;
  readonly reply: Reply;
  /** The request holds a password, a key or a user's text: it crosses Redis encrypted. */
  readonly sealed?: boolean;
  /** How long the caller waits, in milliseconds, unless it asks for less. */
  readonly deadlineMs: number;
}

export type CallRequest<C extends Call> = z.input<C['request']>;
export type CallParsedRequest<C extends Call> = z.output<C['request']>;
export type CallReply<C extends Call> = z.output<C['reply']>;

const DEFAULT_DEADLINE_MS = 5_000;

/** Declares a call. A service that may import the constant may make the call. */
export function defineCall<Request extends z.ZodType, Reply extends z.ZodType>(
  definition: Omit<Call<Request, Reply>, 'deadlineMs' | 'service'> & {
    deadlineMs?: number;
    pattern: `${ServiceName}.${string}`;
  },
): Call<Request, Reply> {
  return {
    ...definition,
    service: definition.pattern.slice(0, definition.pattern.indexOf('.')) as ServiceName,
    deadlineMs: definition.deadlineMs ?? DEFAULT_DEADLINE_MS,
  };
}
