import type { z } from 'zod';

/**
 * A message to every process that listens: "something changed, look again". It may be lost, so it never carries state: a receiver reads the
 * state by a call, and also polls.
 */
export interface Notice<Payload extends z.ZodType = z.ZodType> {
  /** Channel name, for example `auth.revoked`. */
  readonly channel: string;
  readonly payload: Payload;
}

export type NoticePayload<N extends Notice> = z.output<N['payload']>;

/** Declares a notice; the doc comment at the declaration says who sends it, who acts on it and why. */
export function defineNotice<Payload extends z.ZodType>(channel: string, payload: Payload): Notice<Payload> {
  return { channel, payload };
}

/** The default of a switch over a union: a new member does not compile until it is handled. */
export function assertNever(value: never): never {
  throw new Error(`unhandled variant: ${JSON.stringify(value)}`);
}
