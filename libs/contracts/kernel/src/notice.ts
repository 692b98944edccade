import type { z } from 'zod';

/**
 * A notice to every process that cares: "something changed, look again". It may be lost, so it never carries the truth:
 * whoever acts on it reads the truth by a call, and also does so on a timer.
 */
export interface Notice<Payload extends z.ZodType = z.ZodType> {
  /** Channel name, for example `auth.revoked`. */
  readonly channel: string;
  readonly payload: Payload;
}

export type NoticePayload<N extends Notice> = z.output<N['payload']>;

/** Declares a notice; the doc comment at the declaration says who sends it, who acts and why it exists. */
export function defineNotice<Payload extends z.ZodType>(channel: string, payload: Payload): Notice<Payload> {
  return { channel, payload };
}

/** The end of a switch over a union: a new member does not compile until it is handled. */
export function assertNever(value: never): never {
  throw new Error(`unhandled variant: ${JSON.stringify(value)}`);
}
