import type { RunState } from '@perennial/contracts-chat';
import type { Principal, UserPrincipal } from '@perennial/contracts-kernel';
import type { Source } from '@perennial/contracts-retrieval';
import type { RunFailure, TokenUsage } from '@perennial/transport';

/** On whose behalf a run is written, as its row keeps it beside the user's id: rights and placement are those of the accept. */
export function toAsker({ role, sessionId, placement }: UserPrincipal): Omit<UserPrincipal, 'kind' | 'userId'> {
  return { role, sessionId, ...(placement === undefined ? {} : { placement }) };
}

/** The stored part of the request; its shape depends on the run's kind. */
export interface TurnRequest {
  system?: string;
  params: Record<string, unknown>;
  /** Documents that the request names. */
  files?: unknown[];
  /** What one might ask next is made after it. */
  followUps?: true;
  /** The run continues an ended answer, whose text is the run's first checkpoint. */
  continues?: true;
}

/** One message of the path from the chat's root to the message to answer. */
export interface HistoryMessage {
  id: string;
  role: 'user' | 'assistant' | 'system';
  content: string;
  parts: unknown[] | null;
  /** Addresses of the pictures among a user message's files. */
  pictures?: string[] | null;
}

/** The provider's end, recorded before the finish: a claimant that finds it does not call the provider again. */
export interface ProviderEnd {
  generation: number;
  /** UTF-16 units of the whole text. */
  length: number;
  outcome: Outcome;
}

/** How an answer ended, as far as the worker knows; the finish adds the position of the text. */
export interface Outcome {
  state: 'completed' | 'failed' | 'cancelled';
  finishReason?: string;
  usage?: TokenUsage;
  systemFingerprint?: string;
  /** For `failed`. */
  error?: RunFailure;
}

/** A piece of text in Postgres. `start` is in UTF-16 units. */
export interface Checkpoint {
  generation: number;
  epoch: number;
  start: number;
  text: string;
}

/** What is made beside an answer: the title of a new chat while it is written, and what one might ask next after it. */
export interface ClaimedEffect {
  key: string;
  kind: 'title' | 'follow_ups';
  tries: number;
  payload: EffectPayload;
  user_id: string;
  chat_id: string;
  principal: Principal;
  /** W3C trace context of the turn's accept. */
  traceparent: string | null;
}

export interface EffectPayload {
  messageId: string;
  modelId: string;
  /** Beginning of the user's message. */
  text: string;
}

/** Input of a prompt with documents. */
export interface FoundDocuments {
  sources: readonly Source[];
  /** RAG_TEMPLATE. */
  template: string;
  /** The context goes into the system message. */
  inSystem: boolean;
  /** The documents do not hold it: there are no sources, and the template says so. */
  nothing?: boolean;
}

/** A step before the answer, in the wire's shape; stored in the message's `statusHistory`. */
export interface DocumentStatus {
  action: 'queries_generated' | 'sources_retrieved' | 'documents_unavailable';
  /** Text for users, if the action does not say everything. */
  description?: string;
  queries?: string[];
  /** Number of different documents that were found. */
  count?: number;
  done: boolean;
}

/** The documents of a run, as stored in its row: a later owner uses the same, with the same numbers. */
export interface KeptDocuments extends FoundDocuments {
  statuses: DocumentStatus[];
  /** The search was unavailable. */
  unavailable: boolean;
}

/** The owner's claim: only the owner at this epoch may end the run. */
export interface RunClaim {
  runId: string;
  owner: string;
  epoch: number;
}

/** A run as its new owner gets it. */
export interface ClaimedRun {
  id: string;
  kind: 'turn' | 'completion';
  user_id: string;
  principal: Principal;
  chat_id: string | null;
  message_id: string | null;
  model: string;
  encoding: 'text' | 'chunks';
  request: Record<string, unknown>;
  idempotency_key: string | null;
  state: RunState;
  epoch: number;
  deaths: number;
  cancelled: boolean;
  /** Seconds since the accept, and since the first claim. */
  age_s: number;
  running_s: number;
  traceparent: string | null;
  attempt_traceparent: string | null;
  provider_end: ProviderEnd | null;
  history: HistoryMessage[] | null;
  /** Documents attached to the messages of the path and to the chat. */
  attached: unknown[] | null;
  /** The search results of an earlier owner. */
  documents: KeptDocuments | null;
  checkpoints: Checkpoint[] | null;
  /** The title that the claimant has to make. */
  title: Omit<ClaimedEffect, 'kind' | 'principal' | 'traceparent'> | null;
}

/** The number of a run's first text; a take-over that starts again raises it. */
export const FIRST_GENERATION = 1;
