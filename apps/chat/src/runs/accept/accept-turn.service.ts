import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { ChatListItem, runs } from '@perennial/contracts-chat';
import { CallError, type CallParsedRequest, type CallReply, type UserPrincipal } from '@perennial/contracts-kernel';
import { isForeignKeyViolation, isUniqueViolation, type Tx, UnitOfWork } from '@perennial/persistence';
import { injectTrace } from '@perennial/runtime';
import { CHAT_ENV, type ChatEnv } from '../../env';
import { UsageService } from '../../usage/usage.service';
import { documentsIn } from '../documents/attachments';
import { DocumentGate } from '../documents/document-gate';
import { ModelCatalog } from '../models/model-catalog';
import { DEFAULT_TITLE } from '../side-effects/title-text';
import { cutText } from '../types/cut-text';
import { toAsker, type TurnRequest } from '../types/run';
import { UserEvents } from '../user-events';
import { type AcceptFacts, AcceptRepository, type DeliveryKey, type NewTurn } from './accept.repository';
import { type Accepted, AcceptedRuns, madeBefore } from './accepted-runs';
import { chatNotFound, checkAnswers, checkTree, isRepetition, messageNotFound, parentOf } from './answer-tree';
import { type Content, readContent } from './content';
import { checkLimits, type Claimant, claimantBeside, mustSerialise, type RunLimits } from './limits';

type Request = CallParsedRequest<typeof runs.accept>;
type Reply = CallReply<typeof runs.accept>;

/** Characters of the user's message in a title job. */
const TITLE_TEXT_CHARS = 2_000;

/** Turns a request for answers into rows: user message, placeholders and runs, in one transaction. */
@Injectable()
export class AcceptTurnService {
  constructor(
    @Inject(CHAT_ENV) private readonly env: ChatEnv,
    private readonly unitOfWork: UnitOfWork,
    private readonly repository: AcceptRepository,
    private readonly models: ModelCatalog,
    private readonly accepted: AcceptedRuns,
    private readonly events: UserEvents,
    private readonly documents: DocumentGate,
    private readonly usage: UsageService,
  ) {}

  /** @throws CallError as `runs.accept` declares them */
  async accept(request: Request, principal: UserPrincipal, delivery: DeliveryKey): Promise<Reply> {
    const content = this.check(request);
    for (const model of new Set(request.answers.map((answer) => answer.modelId))) {
      await this.models.assertOffered(model, principal);
    }
    await this.checkDocuments(request, principal);
    const { reply } = await this.accepted.begin(request.answers.length, (claimant) => {
      const accept = (): Promise<Accepted<Reply>> =>
        this.unitOfWork.run((tx) => this.decide(tx, request, content, principal, delivery, claimant), {
          retry: true,
        });
      return accept().catch(async (error: unknown) => {
        // A second delivery, or the same message through another replica, was first: its result is there now.
        if (isUniqueViolation(error)) return accept();
        if (isForeignKeyViolation(error)) throw chatNotFound();
        throw error;
      });
    });
    return reply;
  }

  /** A message that is answered again may have outlived its documents. */
  private async checkDocuments({ chatId, userMessage }: Request, principal: UserPrincipal): Promise<void> {
    try {
      await this.documents.assertReadable(userMessage?.files, principal);
    } catch (error) {
      const isThere =
        chatId !== undefined &&
        userMessage !== undefined &&
        (await this.unitOfWork.run((tx) => this.repository.hasMessage(tx, principal.userId, chatId, userMessage.id)));
      if (!isThere) throw error;
    }
  }

  private check(request: Request): Content | null {
    const { userMessage, answers, chatId, parentId } = request;
    const ids = [userMessage?.id, ...answers.map((answer) => answer.messageId)].filter((id) => id !== undefined);
    if (new Set(ids).size !== ids.length) {
      throw new CallError('INVALID_ARGUMENT', 'Two messages have the same id. Give each message an id of its own.');
    }
    if (!userMessage && parentId === null) {
      throw new CallError(
        'INVALID_ARGUMENT',
        'There is no message to answer. Send user_message, or parent_id of the message that is answered again.',
      );
    }
    if (chatId === undefined && parentId !== null) throw messageNotFound(parentId);
    if (request.continueAnswer && (userMessage || answers.length > 1 || answers[0]?.messageId !== parentId)) {
      throw new CallError('INVALID_ARGUMENT', 'One answer can be continued at a time, without a new message.');
    }
    if (!userMessage) return null;
    return readContent(userMessage.content, {
      maxChars: this.env.MAX_MESSAGE_CHARS,
      hasFiles: userMessage.files.length > 0,
    });
  }

  private async decide(
    tx: Tx,
    request: Request,
    content: Content | null,
    principal: UserPrincipal,
    delivery: DeliveryKey,
    claimant: Claimant | null,
  ): Promise<Accepted<Reply>> {
    const { facts, missing, running } = await this.read(tx, request, principal, delivery);
    if (facts.known) return madeBefore(sameRequest(facts.known, delivery) as Reply);
    const existing = running[0]?.chat_id ?? request.chatId;
    if (missing.length === 0 && existing) {
      return madeBefore({ chatId: existing, created: false, runs: this.runsOf(request, running) });
    }
    const claims = { claimant: claimantBeside(facts, claimant) };
    checkLimits(limitsOf(this.env), facts, missing.length, claims.claimant === null);
    checkTree(request, facts);
    checkAnswers(request, facts, missing);
    await this.usage.assertRoom(tx, principal.userId, sizeOf(content), facts.stored ?? undefined);
    const turn = this.newTurn(request, content, principal, delivery, facts, existing);
    const made = turn.answers.filter((answer) => missing.includes(answer.message_id));
    const reply: Reply = {
      chatId: turn.chatId,
      created: turn.isNew,
      runs: this.runsOf(request, [...running, ...made.map((answer) => ({ ...answer, id: answer.run_id }))]),
    };
    // Not awaited: it travels with COMMIT, which reports its failure.
    const claimed = this.repository.insertTurn(tx, { ...turn, answers: made, result: reply, ...claims });
    claimed.catch(() => undefined);
    if (made.length > 0)
      tx.afterCommit(() => this.events.accepted(principal.userId, reply, listedAs(turn, facts.chat)));
    return { reply, runIds: made.map((answer) => answer.run_id), claimed };
  }

  private async read(tx: Tx, request: Request, principal: UserPrincipal, delivery: DeliveryKey) {
    const { userMessage, answers, chatId, parentId } = request;
    const answerIds = answers.map((answer) => answer.messageId);
    const question = {
      userId: principal.userId,
      chatId: chatId ?? null,
      messageIds: [...answerIds, ...(parentId === null ? [] : [parentId]), ...(userMessage ? [userMessage.id] : [])],
      answerIds,
      maxQueued: this.env.MAX_QUEUED_RUNS,
      delivery,
    };
    const limits = limitsOf(this.env);
    let locked = mustSerialise(limits, 0);
    // Not awaited: it travels with the next statement, which sees the commits that the lock has waited for.
    if (locked) void this.repository.lockUser(tx, principal.userId).catch(() => undefined);
    // Two deliveries of the first message of a chat have no row in common that could keep them from making a chat each.
    else if (chatId === undefined) void this.repository.lockMessage(tx, answerIds[0] ?? '').catch(() => undefined);
    let facts = await this.repository.turnFacts(tx, question);
    if (!locked && mustSerialise(limits, facts.active)) {
      locked = true;
      await this.repository.lockUser(tx, principal.userId);
      facts = await this.repository.turnFacts(tx, question);
    }
    if (chatId !== undefined && !facts.chat && !facts.known) throw chatNotFound();
    // Sent again because the reply was lost: the same, even if its run is over by now.
    const isKnown = chatId === undefined || isRepetition(request, facts);
    const running = (facts.runs ?? []).filter((run) => !run.over || isKnown).sort((a, b) => b.attempt - a.attempt);
    const missing = answerIds.filter((id) => !running.some((run) => run.message_id === id));
    return { facts, running, missing };
  }

  private newTurn(
    request: Request,
    content: Content | null,
    principal: UserPrincipal,
    delivery: DeliveryKey,
    facts: AcceptFacts,
    existing: string | undefined,
  ): Omit<NewTurn, 'result' | 'claimant'> {
    const { userMessage, answers } = request;
    const chatId = existing ?? randomUUID();
    const answered = request.continueAnswer ? parentOf(request.parentId, facts) : (userMessage?.id ?? request.parentId);
    const rows = answers.map((answer) => ({
      message_id: answer.messageId,
      parent_id: answered,
      model: answer.modelId,
      model_idx: answer.modelIdx,
      run_id: randomUUID(),
      attempt:
        1 +
        Math.max(
          0,
          ...(facts.runs ?? []).filter((run) => run.message_id === answer.messageId).map((run) => run.attempt),
        ),
    }));
    const first = rows[0]!;
    const extra: Record<string, unknown> = {};
    if (userMessage?.files.length) extra.files = userMessage.files;
    if (userMessage?.models.length) extra.models = userMessage.models;
    return {
      chatId,
      isNew: existing === undefined,
      userId: principal.userId,
      title: DEFAULT_TITLE,
      models: userMessage?.models.length ? userMessage.models : answers.map((answer) => answer.modelId),
      folderId: request.folderId ?? null,
      currentMessageId: rows.at(-1)!.message_id,
      userMessage:
        userMessage && content
          ? { id: userMessage.id, parent_id: request.parentId, content: content.text, parts: content.parts, extra }
          : null,
      answers: rows,
      principal: toAsker(principal),
      request: turnRequestOf(request),
      traceparent: injectTrace().traceparent ?? null,
      titleEffect:
        request.generateTitle && content
          ? {
              key: `title:${chatId}`,
              run_id: first.run_id,
              payload: {
                messageId: first.message_id,
                modelId: first.model,
                text: cutText(content.text, TITLE_TEXT_CHARS),
              },
            }
          : null,
      delivery,
    };
  }

  private runsOf(request: Request, runs: readonly { id: string; message_id: string; model: string }[]): Reply['runs'] {
    return request.answers.flatMap(({ messageId }) => {
      const run = runs.find((candidate) => candidate.message_id === messageId);
      return run ? [{ runId: run.id, messageId, modelId: run.model }] : [];
    });
  }
}

/**
 * The row of the list after an accept, which is read: its owner has just written in it. Undefined when the turn was repeated without the id of its
 * chat, so that the chat was not looked at.
 */
function listedAs(
  { chatId, isNew, title }: Pick<NewTurn, 'chatId' | 'isNew' | 'title'>,
  chat: ChatListItem | null,
): ChatListItem | undefined {
  const now = Math.floor(Date.now() / 1_000);
  const moved = { updated_at: now, last_read_at: now, active: true, unread: false };
  if (chat !== null) return { ...chat, title: chat.title || title, ...moved };
  return isNew ? { id: chatId, title, created_at: now, pinned: false, archived: false, tags: [], ...moved } : undefined;
}

/** Bytes of the user's message. */
function sizeOf(content: Content | null): number {
  return content === null
    ? 0
    : Buffer.byteLength(content.text) + Buffer.byteLength(JSON.stringify(content.parts ?? ''));
}

/** The part of the request that the worker needs; a turn without documents names none. */
function turnRequestOf({ system, params, files, continueAnswer, generateFollowUps }: Request): TurnRequest {
  const documents = files.length === 0 ? files : documentsIn(files);
  return {
    ...(system === undefined ? {} : { system }),
    params,
    ...(documents.length === 0 ? {} : { files: documents }),
    ...(continueAnswer ? { continues: true } : {}),
    ...(generateFollowUps ? { followUps: true } : {}),
  };
}

export function limitsOf(env: ChatEnv): RunLimits {
  return { maxRunsPerUser: env.MAX_RUNS_PER_USER, maxQueuedRuns: env.MAX_QUEUED_RUNS };
}

/** The stored result of the same call; another request under its key is refused. */
export function sameRequest(known: { hash: string; result: unknown }, delivery: DeliveryKey): unknown {
  if (known.hash === delivery.hash) return known.result;
  throw new CallError(
    'IDEMPOTENCY_MISMATCH',
    'This key was used for another request. Use a new key for a new request.',
  );
}
