import type { z } from 'zod';

/** The services that answer calls. A call names one; the transport delivers it to exactly one replica of it. */
export type ServiceName = 'auth' | 'chat' | 'retrieval' | 'config';

/**
 * What a second delivery of the same call may do.
 * - `read`: changes nothing; it is simply run again.
 * - `keyed`: changes something; its handler stores the caller's key in the same transaction and answers a second delivery with the first result.
 * - `once`: changes something and has no key; when its replica dies in the middle the caller gets `OUTCOME_UNKNOWN`, it is never repeated by itself.
 */
export type CallEffect = 'read' | 'keyed' | 'once';

/** A call between services: its address, its schemas (checked on both sides) and its time limit. */
export interface Call<Request extends z.ZodType = z.ZodType, Reply extends z.ZodType = z.ZodType> {
  readonly service: ServiceName;
  /** The pattern on the wire, for example `chat.runs.accept`. */
  readonly pattern: string;
  readonly effect: CallEffect;
  readonly request: Request;
  readonly reply: Reply;
  /** The request holds a password, a key or somebody's text: it crosses Redis sealed. */
  readonly sealed?: boolean;
  /** How long the caller waits, in milliseconds, unless it says less. */
  readonly deadlineMs: number;
}

export type CallRequest<C extends Call> = z.input<C['request']>;
export type CallParsedRequest<C extends Call> = z.output<C['request']>;
export type CallReply<C extends Call> = z.output<C['reply']>;

const DEFAULT_DEADLINE_MS = 5_000;

/** Declares a call. Importing the constant is the permission to make the call. */
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
