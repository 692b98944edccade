import { Controller } from '@nestjs/common';
import { completions, runs } from '@perennial/contracts-chat';
import { CallError, type CallParsedRequest, type CallReply, type UserPrincipal } from '@perennial/contracts-kernel';
import { requestHash } from '@perennial/persistence';
import { type CallContext, Handles } from '@perennial/transport';
import type { DeliveryKey } from './accept/accept.repository';
import { AcceptCompletionService } from './accept/accept-completion.service';
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

  @Handles(runs.accept)
  acceptTurn(
    request: CallParsedRequest<typeof runs.accept>,
    context: CallContext,
  ): Promise<CallReply<typeof runs.accept>> {
    const user = userOf(context);
    return this.turns.accept(request, user, deliveryOf(runs.accept.pattern, user, context, request));
  }

  @Handles(completions.accept)
  acceptCompletion(
    request: CallParsedRequest<typeof completions.accept>,
    context: CallContext,
  ): Promise<CallReply<typeof completions.accept>> {
    const user = userOf(context);
    return this.completions.accept(request, user, deliveryOf(completions.accept.pattern, user, context, request));
  }

  @Handles(runs.get)
  get({ runId }: CallParsedRequest<typeof runs.get>, context: CallContext): Promise<CallReply<typeof runs.get>> {
    return this.reader.snapshot(runId, context.principal);
  }

  @Handles(runs.sources)
  async sources(
    { runId }: CallParsedRequest<typeof runs.sources>,
    context: CallContext,
  ): Promise<CallReply<typeof runs.sources>> {
    const sources = await this.documents.sourcesOf(runId, userOf(context).userId);
    if (!sources) throw new CallError('NOT_FOUND', 'There is no such run. It may have been forgotten.');
    return { sources };
  }

  /** Idempotent: a second cancel finds nothing that is still running. */
  @Handles(runs.cancel)
  async cancel(
    target: CallParsedRequest<typeof runs.cancel>,
    context: CallContext,
  ): Promise<CallReply<typeof runs.cancel>> {
    return { cancelled: await this.cancels.cancel(target, context.principal) };
  }

  @Handles(runs.active)
  async active(
    { chatId }: CallParsedRequest<typeof runs.active>,
    context: CallContext,
  ): Promise<CallReply<typeof runs.active>> {
    return { runs: await this.reader.active(chatId, context.principal) };
  }
}

function userOf({ principal }: CallContext): UserPrincipal {
  if (principal.kind === 'user') return principal;
  throw new CallError('PERMISSION_DENIED', 'Only a signed-in user can do this.');
}

function deliveryOf(pattern: string, user: UserPrincipal, context: CallContext, request: unknown): DeliveryKey {
  const scope = `${pattern}:${user.userId}`;
  return { scope, key: context.key, hash: requestHash(request) };
}
