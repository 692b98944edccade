import { Injectable } from '@nestjs/common';
import type { ChatListItem } from '@perennial/contracts-chat';
import type { Queryable } from '@perennial/persistence';
import { jsonb } from '../types/json';
import type { ClaimedRun } from '../types/run';
import { COMPLETION_FACTS, insertCompletion, insertTurn, TURN_FACTS } from './accept-statements';

/** A delivery of a call, as its result is stored. */
export interface DeliveryKey {
  scope: string;
  key: string;
  hash: string;
}

export interface AcceptQuestion {
  userId: string;
  chatId: string | null;
  /** Messages whose rows are needed: parents, the user message, answers. */
  messageIds: string[];
  answerIds: string[];
  maxQueued: number;
  delivery: DeliveryKey;
}

/** All facts for an accept's decision, read in one statement. */
export interface AcceptFacts {
  /** The stored result of the same call. */
  known: { hash: string; result: unknown } | null;
  /** The user's runs that are not over. */
  active: number;
  /** Runs that wait for a worker, counted up to the limit. */
  queued: number;
  /** The chat as the list has it; null when it is not the user's. */
  chat: ChatListItem | null;
  /** Bytes of the user's chats; null if they must be counted. */
  stored: number | null;
  /** `ended`: an answer with content. */
  messages: { id: string; role: string; parent_id: string | null; ended: boolean; empty: boolean }[] | null;
  /** Earlier attempts at the answers. */
  runs: { id: string; chat_id: string; message_id: string; model: string; attempt: number; over: boolean }[] | null;
}

export interface NewTurn {
  chatId: string;
  isNew: boolean;
  userId: string;
  title: string;
  models: string[];
  folderId: string | null;
  currentMessageId: string;
  userMessage: {
    id: string;
    parent_id: string | null;
    content: string;
    parts: unknown[] | null;
    extra: Record<string, unknown>;
  } | null;
  answers: {
    message_id: string;
    parent_id: string | null;
    model: string;
    model_idx: number;
    run_id: string;
    attempt: number;
  }[];
  principal: unknown;
  request: unknown;
  traceparent: string | null;
  titleEffect: { key: string; run_id: string; payload: unknown } | null;
  delivery: DeliveryKey;
  result: unknown;
  /** The process that claims the runs at once, if it still lives; null: they are queued. */
  claimant: string | null;
}

export interface NewCompletion {
  runId: string;
  userId: string;
  model: string;
  encoding: 'text' | 'chunks';
  attempt: number;
  principal: unknown;
  request: unknown;
  idempotencyKey: string | null;
  bodyHash: string;
  traceparent: string | null;
  /** Pictures of its messages; only the user's own count. */
  pictureIds: readonly string[];
  delivery: DeliveryKey;
  result: unknown;
  /** As for a turn. */
  claimant: string | null;
}

/** Earlier completions under the same idempotency key. */
export interface CompletionFacts {
  known: { hash: string; result: unknown } | null;
  active: number;
  queued: number;
  /** The latest attempt under the key. `kept`: not over, or completed with its text still stored. */
  latest: { id: string; attempt: number; body_hash: string; encoding: 'text' | 'chunks'; kept: boolean } | null;
}

/** The statements of the accept. */
@Injectable()
export class AcceptRepository {
  /** Serialises the accepts of a user, until the end of the transaction. */
  async lockUser(tx: Queryable, userId: string): Promise<void> {
    await tx.execute(`SELECT pg_advisory_xact_lock(hashtextextended('runs:' || $1, 0))`, [userId], {
      name: 'accept.lock',
    });
  }

  /** Serialises the accepts of this answer, until the end of the transaction. */
  async lockMessage(tx: Queryable, messageId: string): Promise<void> {
    await tx.execute(`SELECT pg_advisory_xact_lock(hashtextextended('answer:' || $1, 0))`, [messageId], {
      name: 'accept.lock-message',
    });
  }

  async turnFacts(tx: Queryable, question: AcceptQuestion): Promise<AcceptFacts> {
    const { userId, chatId, messageIds, answerIds, maxQueued, delivery } = question;
    const facts = await tx.first<AcceptFacts>(
      TURN_FACTS,
      [userId, chatId, messageIds, answerIds, maxQueued, delivery.scope, delivery.key],
      { name: 'accept.turn-facts' },
    );
    return facts as AcceptFacts;
  }

  /** Whether the message is in the user's chat already. */
  async hasMessage(tx: Queryable, userId: string, chatId: string, messageId: string): Promise<boolean> {
    const row = await tx.first(
      `SELECT 1 FROM messages m JOIN chats c ON c.id = m.chat_id WHERE c.id = $1 AND c.user_id = $2 AND m.id = $3`,
      [chatId, userId, messageId],
      { name: 'accept.has-message' },
    );
    return row !== undefined;
  }

  /** @returns the runs that were claimed at once: all or none */
  async insertTurn(tx: Queryable, turn: NewTurn): Promise<ClaimedRun[]> {
    const { name, sql } = insertTurn(turn.isNew, turn.claimant !== null);
    return tx.query<ClaimedRun>(
      sql,
      [
        turn.chatId,
        turn.userId,
        turn.title,
        jsonb(turn.models),
        turn.folderId,
        turn.currentMessageId,
        turn.userMessage ? jsonb(turn.userMessage) : null,
        jsonb(turn.answers),
        jsonb(turn.principal),
        jsonb(turn.request),
        turn.traceparent,
        turn.delivery.scope,
        turn.delivery.key,
        turn.delivery.hash,
        jsonb(turn.result),
        turn.titleEffect ? jsonb(turn.titleEffect) : null,
        ...(turn.claimant === null ? [] : [turn.claimant]),
      ],
      { name },
    );
  }

  async completionFacts(
    tx: Queryable,
    userId: string,
    idempotencyKey: string | null,
    maxQueued: number,
    delivery: DeliveryKey,
  ): Promise<CompletionFacts> {
    const facts = await tx.first<CompletionFacts>(
      COMPLETION_FACTS,
      [userId, idempotencyKey, maxQueued, delivery.scope, delivery.key],
      { name: 'accept.completion-facts' },
    );
    return facts as CompletionFacts;
  }

  /** @returns the run, if it was claimed at once */
  async insertCompletion(tx: Queryable, run: NewCompletion): Promise<ClaimedRun[]> {
    const { name, sql } = insertCompletion(run.claimant !== null);
    return tx.query<ClaimedRun>(
      sql,
      [
        run.runId,
        run.userId,
        run.model,
        run.encoding,
        run.attempt,
        jsonb(run.principal),
        jsonb(run.request),
        run.idempotencyKey,
        run.bodyHash,
        run.traceparent,
        run.delivery.scope,
        run.delivery.key,
        run.delivery.hash,
        jsonb(run.result),
        run.pictureIds,
        ...(run.claimant === null ? [] : [run.claimant]),
      ],
      { name },
    );
  }
}
