import type { ReaderEvent } from '../support/reader-event';

/** The record of a failover run; the checker evaluates it afterwards, without haste. */

export interface ReaderHistory {
  /**
   * `sse` has a cursor and must be gapless over all connections; `socket` is corrected by one cumulative event after it joins.
   */
  via: 'sse' | 'socket';
  events: ReaderEvent[];
}

/** One turn from its request to its stored result. */
export interface TurnHistory {
  turn: number;
  /** Present once the server acknowledged the turn. */
  accepted?: { at: number; runId: string; chatId: string; messageId: string };
  readers: ReaderHistory[];
  /** Provider requests for this turn's answer. */
  providerCalls: number;
  /** Owners that this turn's run lost: killed, or paused for longer than the heartbeat's limit. */
  ownerLosses: number;
  /** Read from the server after everything had settled. */
  stored?: {
    state: string;
    text: string;
    userMessages: number;
    answers: number;
    /** Deaths that the run was charged with. */
    chargedDeaths: number;
  };
  /** The text of an undisturbed provider. */
  expectedText: string;
}

/** A moment at which a run lost its owner, and when the next owner continued it. */
export interface TakeOver {
  runId: string;
  lostAt: number;
  /** It has lost two owners: the next one is a quarantine process, which has to be started first. */
  suspected: boolean;
  newEpochAt?: number;
  firstNewTokenAt?: number;
}

/** A deliberate outage, and until when requests may notice it. */
export interface Outage {
  what: string;
  from: number;
  to: number;
  /** Whether no take-over was possible meanwhile: that time is not counted. */
  stopsTakeOvers: boolean;
}
