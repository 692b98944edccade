import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { completions } from '@perennial/contracts-chat';
import { CallError, type CallParsedRequest, type CallReply, type UserPrincipal } from '@perennial/contracts-kernel';
import { isUniqueViolation, type Tx, UnitOfWork } from '@perennial/persistence';
import { injectTrace } from '@perennial/runtime';
import { CHAT_ENV, type ChatEnv } from '../../env';
import { pictureIdsIn } from '../../pictures/picture-parts';
import { documentsIn } from '../documents/attachments';
import { DocumentGate } from '../documents/document-gate';
import { ModelCatalog } from '../models/model-catalog';
import { toAsker } from '../types/run';
import { AcceptRepository, type DeliveryKey } from './accept.repository';
import { limitsOf, sameRequest } from './accept-turn.service';
import { type Accepted, AcceptedRuns, madeBefore } from './accepted-runs';
import { bodyLength } from './content';
import { encodingOf } from './encoding';
import { checkLimits, type Claimant, claimantBeside, mustSerialise } from './limits';

type Request = CallParsedRequest<typeof completions.accept>;
type Reply = CallReply<typeof completions.accept>;

/** Turns an OpenAI chat completion into a durable run without a chat. */
@Injectable()
export class AcceptCompletionService {
  constructor(
    @Inject(CHAT_ENV) private readonly env: ChatEnv,
    private readonly unitOfWork: UnitOfWork,
    private readonly repository: AcceptRepository,
    private readonly models: ModelCatalog,
    private readonly accepted: AcceptedRuns,
    private readonly documents: DocumentGate,
  ) {}

  /** @throws CallError as `completions.accept` declares them */
  async accept(request: Request, principal: UserPrincipal, delivery: DeliveryKey): Promise<Reply> {
    const length = bodyLength(request.body.messages);
    // Each request brings a whole conversation, so its limit is a multiple of a message's.
    const limit = this.env.MAX_MESSAGE_CHARS * 10;
    if (length > limit) {
      throw new CallError('INVALID_ARGUMENT', `The messages have ${length} characters; ${limit} are allowed.`);
    }
    const model = await this.models.assertOffered(request.modelId, principal);
    const files = Array.isArray(request.body.files) ? (request.body.files as unknown[]) : [];
    await this.documents.assertReadable(files, principal);
    const documents = (model?.knowledge.length ?? 0) > 0 || documentsIn(files).length > 0;
    const { reply } = await this.accepted.begin(1, (claimant) => {
      const accept = (): Promise<Accepted<Reply>> =>
        this.unitOfWork.run((tx) => this.decide(tx, request, documents, principal, delivery, claimant), {
          retry: true,
        });
      return accept().catch(async (error: unknown) => {
        if (isUniqueViolation(error)) return accept();
        throw error;
      });
    });
    return reply;
  }

  private async decide(
    tx: Tx,
    request: Request,
    documents: boolean,
    principal: UserPrincipal,
    delivery: DeliveryKey,
    claimant: Claimant | null,
  ): Promise<Accepted<Reply>> {
    const { userId } = principal;
    const idempotencyKey = request.idempotencyKey ?? null;
    const limits = limitsOf(this.env);
    const read = () => this.repository.completionFacts(tx, userId, idempotencyKey, limits.maxQueuedRuns, delivery);
    const locked = mustSerialise(limits, 0);
    if (locked) void this.repository.lockUser(tx, userId).catch(() => undefined);
    let facts = await read();
    if (!locked && mustSerialise(limits, facts.active)) {
      await this.repository.lockUser(tx, userId);
      facts = await read();
    }
    if (facts.known) return madeBefore(sameRequest(facts.known, delivery) as Reply);
    const { latest } = facts;
    if (latest && latest.body_hash !== request.bodyHash) {
      throw new CallError(
        'IDEMPOTENCY_MISMATCH',
        'This Idempotency-Key was used with another body. Use a new key for a new request.',
      );
    }
    if (latest?.kept) {
      return madeBefore({ runId: latest.id, created: false, encoding: latest.encoding, documents });
    }
    const claims = { claimant: claimantBeside(facts, claimant) };
    checkLimits(limits, facts, 1, claims.claimant === null);
    const reply: Reply = { runId: randomUUID(), created: true, encoding: encodingOf(request.body), documents };
    const row = {
      runId: reply.runId,
      userId,
      model: request.modelId,
      encoding: reply.encoding,
      attempt: (latest?.attempt ?? 0) + 1,
      principal: toAsker(principal),
      request: request.body,
      idempotencyKey,
      bodyHash: request.bodyHash,
      traceparent: injectTrace().traceparent ?? null,
      pictureIds: [...new Set(request.body.messages.flatMap(({ content }) => pictureIdsIn(content)))],
      delivery,
      result: reply,
      ...claims,
    };
    // Not awaited: it travels with COMMIT, which reports its failure.
    const claimed = this.repository.insertCompletion(tx, row);
    claimed.catch(() => undefined);
    return { reply, runIds: [reply.runId], claimed };
  }
}
