import type { SettingsVersion } from '@perennial/contracts-gateway';
import type { FailedRequest } from '@perennial/e2e/support/http';
import type { TakeOver } from '@perennial/e2e/support/owners';
import type { ReaderEvent } from '@perennial/e2e/support/reader-event';

/** The record of a run; the checker evaluates it afterwards, without haste. All times are epoch milliseconds. */
export interface History {
  seed: number;
  startedAt: number;
  endedAt: number;
  turns: TurnHistory[];
  takeOvers: TakeOver[];
  faults: AppliedFault[];
  outages: Outage[];
  /** Of failovers without synchronous replication. */
  lostTails: LostTail[];
  /** All requests of all people, with those that failed. */
  requests: number;
  failedRequests: FailedRequest[];
  settings: { writes: SettingWrite[]; reads: SettingRead[] };
  revocations: Revocation[];
  /** What people promised themselves and did not get: a stored text that no search finds, a document without an end. */
  complaints: Complaint[];
  /** When documents were taken (epoch milliseconds). */
  uploads: number[];
}

export interface ReaderHistory {
  /**
   * `sse` has a cursor and must be gapless over all connections; `socket` is corrected by one cumulative event after it joins; `sdk` has
   * neither offsets nor a correction: its text ends with the answer or with an error.
   */
  via: 'sse' | 'socket' | 'sdk';
  events: ReaderEvent[];
  /** The person closed this page before the end. */
  left?: boolean;
  /** The run was refused (4xx): a reader who is told that it does not exist waits no longer. */
  refused?: boolean;
}

/** One turn from its request to its stored result. */
export interface TurnHistory {
  turn: number;
  /** Id of the account. */
  person: string;
  /** When the person began and when the last reader had its end. */
  from: number;
  to: number;
  /** Present once the server acknowledged the turn. */
  accepted?: { at: number; runId: string; chatId: string; messageId: string };
  readers: ReaderHistory[];
  /** The person pressed Stop. */
  stopped?: boolean;
  /** Streaming calls to the provider for this answer. */
  providerCalls: number;
  /** Calls to the provider for the chat's title. */
  titleCalls: number;
  /** Its run does not exist any more. */
  isRunLost?: boolean;
  /** How often a process claimed its run: the epoch. */
  claims: number;
  /** Runs of the same request that had failed before: a program that asks again starts another one. */
  earlierRuns?: number;
  /** Owners that its run is known to have lost: killed, or paused for longer than the heartbeat's limit. */
  ownerLosses: number;
  /** Read from the server after everything had settled. */
  stored?: {
    state: string;
    /** Why it failed, as people see it; empty if nothing is said. */
    reason: string;
    text: string;
    /** In the whole chat. */
    userMessages: number;
    answers: number;
    /** Deaths that the run was charged with. */
    chargedDeaths: number;
    /** Files that the answer cites. */
    cites: string[];
  };
  /** Turns of this chat: each has one user message and one answer. */
  turnsOfChat: number;
  /** The text of an undisturbed provider; undefined where it depends on documents. */
  expectedText: string | undefined;
  /** The file that the question was about. */
  askedAbout?: string;
}

/** What requests may notice of a fault. */
export type Excuse =
  /** Every failure. */
  | 'all'
  /** Connections that break: they ended at a process that died. Not answers with an error. */
  | 'broken connections'
  /** Requests that write files. */
  | 'uploads'
  /** Answers that end as failed, with a reason, and requests that wait for one (502). No other request. */
  | 'answers';

/** A deliberate outage, and until when requests may notice it. */
export interface Outage {
  what: string;
  from: number;
  to: number;
  excuses: Excuse;
  /** No take-over was possible until then: that time is not counted. */
  noTakeOverUntil?: number;
  /** Who had died before was only found by what was seen from then on. */
  detectedAnewFrom?: number;
}

/** Commits that a promoted server never received. What was acknowledged meanwhile may be lost; nothing else may. */
export interface LostTail {
  /** When the last commit was made that the new primary has. */
  from: number;
  /** When the old one was dead. */
  to: number;
}

/** A fault that was applied; its number in the plan repeats it. */
export interface AppliedFault {
  number: number;
  nemesis: string;
  what: string;
  from: number;
  to: number;
}

/** The administrator raised the setting: `value` is one more than before. */
export interface SettingWrite {
  value: number;
  sentAt: number;
  acknowledgedAt: number;
}

/** One person read the setting, one request after another. */
export interface SettingRead {
  reader: string;
  gateway: string;
  sentAt: number;
  at: number;
  value: number;
  /** What the reply says its gateway has applied: `X-Settings-Version`. A gateway that has just started knows a part of it. */
  applied: SettingsVersion;
}

/** A session that was ended, and what the gateways answered to its token afterwards. */
export interface Revocation {
  what: string;
  acknowledgedAt: number;
  probes: { gateway: string; sentAt: number; status: number }[];
}

export interface Complaint {
  person: string;
  from: number;
  to: number;
  what: string;
  /** What it is about had been acknowledged then, and is gone. */
  missing?: { kind: 'chat' | 'document'; acknowledgedAt: number };
  /** It is about a document, which needs the disk and the provider. */
  document?: boolean;
}
