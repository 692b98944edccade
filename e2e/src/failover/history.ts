/** What was done and seen in a failover run; the checker judges it afterwards, so that nothing is judged in a hurry. */

/** One thing that a reader was told. Times are epoch milliseconds. `offset` counts UTF-16 units before `text`. */
export type ReaderEvent =
  | { at: number; kind: 'delta'; generation: number; offset: number; text: string; epoch?: number }
  | { at: number; kind: 'reset'; generation: number; text: string; epoch?: number }
  /** `text`: the whole text as the end told it, where the reader held one to compare; a reader must have had it by then. */
  | { at: number; kind: 'end'; state: string; text?: string }
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
  stored?: {
    state: string;
    text: string;
    userMessages: number;
    answers: number;
    /** Deaths that the system charged to the run. */
    chargedDeaths: number;
  };
  /** The text that an undisturbed provider gives. */
  expectedText: string;
}

/** A moment at which a run lost its owner, and when it had a new one and went on. */
export interface TakeOver {
  runId: string;
  lostAt: number;
  /** It has lost two owners: the next is a process of its own, which has to be started first. */
  suspected: boolean;
  newEpochAt?: number;
  firstNewTokenAt?: number;
}

/** A span in which something was taken away on purpose, and until when a request may feel it. */
export interface Outage {
  what: string;
  from: number;
  to: number;
  /** Whether nobody could take a run over meanwhile: that time is left out of take-over times. */
  stopsTakeOvers: boolean;
}

/** A request that was not answered: its connection broke, or the server said that it cannot answer now. Times are epoch milliseconds. */
export interface FailedRequest {
  from: number;
  to: number;
  what: string;
}
