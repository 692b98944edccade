import { Controller } from '@nestjs/common';
import {
  ACCEPT_COMPLETION,
  ACCEPT_TURN,
  ACTIVE_RUNS,
  CANCEL_RUNS,
  GET_RUN,
  RUN_SOURCES,
} from '@perennial/contracts-chat';
import { CallError, type CallParsedRequest, type CallReply, type UserPrincipal } from '@perennial/contracts-kernel';
import { earlierRequestHash, requestHash } from '@perennial/persistence';
import { type CallContext, Handles } from '@perennial/transport';
import { AcceptCompletionService } from './accept/accept-completion.service';
import type { Delivery } from './accept/accept.repository';
import { AcceptTurnService } from './accept/accept-turn.service';
import { CancelService } from './cancel/cancel.service';
import { DocumentsRepository } from './documents/documents.repository';
import { RunReader } from './read/run-reader';

/** The calls about runs. */
@Controller()
export class RunsController {
  constructor(
    private readonly turns: AcceptTurnService,
    private readonly completions: AcceptCompletionService,
    private readonly cancels: CancelService,
    private readonly reader: RunReader,
    private readonly documents: DocumentsRepository,
  ) {}

  @Handles(ACCEPT_TURN)
  acceptTurn(
    request: CallParsedRequest<typeof ACCEPT_TURN>,
    context: CallContext,
  ): Promise<CallReply<typeof ACCEPT_TURN>> {
    const user = userOf(context);
    return this.turns.accept(request, user, deliveryOf(ACCEPT_TURN.pattern, user, context, request));
  }

  @Handles(ACCEPT_COMPLETION)
  acceptCompletion(
    request: CallParsedRequest<typeof ACCEPT_COMPLETION>,
    context: CallContext,
  ): Promise<CallReply<typeof ACCEPT_COMPLETION>> {
    const user = userOf(context);
    return this.completions.accept(request, user, deliveryOf(ACCEPT_COMPLETION.pattern, user, context, request));
  }

  @Handles(GET_RUN)
  get({ runId }: CallParsedRequest<typeof GET_RUN>, context: CallContext): Promise<CallReply<typeof GET_RUN>> {
    return this.reader.snapshot(runId, context.principal);
  }

  @Handles(RUN_SOURCES)
  async sources(
    { runId }: CallParsedRequest<typeof RUN_SOURCES>,
    context: CallContext,
  ): Promise<CallReply<typeof RUN_SOURCES>> {
    const sources = await this.documents.sourcesOf(runId, userOf(context).userId);
    if (!sources) throw new CallError('NOT_FOUND', 'There is no such run. It may have been forgotten.');
    return { sources };
  }

  /** Cancelling twice is cancelling once: the second finds nothing that is still going. */
  @Handles(CANCEL_RUNS)
  async cancel(
    target: CallParsedRequest<typeof CANCEL_RUNS>,
    context: CallContext,
  ): Promise<CallReply<typeof CANCEL_RUNS>> {
    return { cancelled: await this.cancels.cancel(target, context.principal) };
  }

  @Handles(ACTIVE_RUNS)
  async active(
    { chatId }: CallParsedRequest<typeof ACTIVE_RUNS>,
    context: CallContext,
  ): Promise<CallReply<typeof ACTIVE_RUNS>> {
    return { runs: await this.reader.active(chatId, context.principal) };
  }
}

function userOf({ principal }: CallContext): UserPrincipal {
  if (principal.kind === 'user') return principal;
  throw new CallError('PERMISSION_DENIED', 'Only a signed-in user can do this.');
}

function deliveryOf(pattern: string, user: UserPrincipal, context: CallContext, request: unknown): Delivery {
  const scope = `${pattern}:${user.userId}`;
  return { scope, key: context.key, hash: requestHash(request), earlierHash: earlierRequestHash(request) };
}
