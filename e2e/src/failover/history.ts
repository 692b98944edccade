/** What was done and seen in a failover run; the checker judges it afterwards, so that nothing is judged in a hurry. */

/** One thing that a reader was told. Times are epoch milliseconds. `offset` counts UTF-16 units before `text`. */
export type ReaderEvent =
  | { at: number; kind: 'delta'; generation: number; offset: number; text: string; epoch?: number }
  | { at: number; kind: 'reset'; generation: number; text: string; epoch?: number }
  | { at: number; kind: 'end'; state: string }
  /** The connection was made anew; a socket has no cursor, so what follows starts with the whole text or goes on where it was. */
  | { at: number; kind: 'reconnect' };

export interface ReaderHistory {
  /** `sse` has a cursor and must be gapless over all connections; `socket` is set right by one cumulative event after it joins. */
  via: 'sse' | 'socket';
  events: ReaderEvent[];
}

/** One turn from its sending to what is stored in the end. */
export interface TurnHistory {
  turn: number;
  /** Present once the server acknowledged the turn. */
  accepted?: { at: number; runId: string; chatId: string; messageId: string };
  readers: ReaderHistory[];
  /** How often the provider was asked for this turn's answer. */
  providerCalls: number;
  /** Owners that this turn's run lost: killed, or stopped for longer than a heartbeat may be silent. */
  ownerLosses: number;
  /** Read from the server after everything had calmed down. */
  stored?: { state: string; text: string; userMessages: number; answers: number };
  /** The text that an undisturbed provider gives. */
  expectedText: string;
}

/** A moment at which a run lost its owner, and when it had a new one and went on. */
export interface TakeOver {
  runId: string;
  lostAt: number;
  newEpochAt?: number;
  firstNewTokenAt?: number;
}

/** A span in which a store was down; it does not count into take-over times. */
export interface Outage {
  what: 'postgres' | 'redis';
  from: number;
  to: number;
}
