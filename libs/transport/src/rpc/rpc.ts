import {
  type Call,
  CallError,
  type CallReply,
  type CallRequest,
  type ErrorCode,
  type Principal,
} from '@perennial/contracts-kernel';
import { type Logger, unexpected } from '@perennial/runtime';
import { issuesText } from './failure';
import type { RpcMetrics } from './metrics';
import type { RedisRpcClient } from './rpc-client';
import { carrierOf, type ClientSpan, endSpan, startClientSpan } from './tracing';

export interface CallOptions {
  /** On whose behalf. */
  principal: Principal;
  /** Idempotency key of a `keyed` call; the default is the call id (it covers redelivery, not a second call). */
  key?: string;
  /** Aborting it cancels the call here and at the replica. */
  signal?: AbortSignal;
  /** Milliseconds to wait; never more than the call's own limit. Pass `context.remainingMs` inside a handler. */
  deadlineMs?: number;
}

/** Makes calls: `await rpc.call(RUNS_ACCEPT, request, { principal, key })`. Rejects with a CallError only. */
export class Rpc {
  private readonly log: Logger;

  constructor(
    private readonly client: RedisRpcClient,
    private readonly metrics?: RpcMetrics,
  ) {
    this.log = client.logger('rpc');
    metrics?.gauge('client', () => client.inFlight);
  }

  /**
   * Calls one replica of the call's service and returns its parsed reply. Errors: those of the handler, INVALID_ARGUMENT when the request
   * breaks its schema, DEADLINE_EXCEEDED, CANCELLED, UNAVAILABLE (Redis away or the queue full) and, for `once`,
   * OUTCOME_UNKNOWN (the replica or the connection died during the call).
   */
  async call<C extends Call>(call: C, request: CallRequest<C>, options: CallOptions): Promise<CallReply<C>> {
    const startedAt = performance.now();
    const span = startClientSpan(call.pattern, call.service);
    let code: ErrorCode | undefined;
    try {
      return await this.send(call, request, options, span);
    } catch (error) {
      const failure =
        error instanceof CallError ? error : unexpected(this.log, error, `calling ${call.pattern} failed unexpectedly`);
      code = failure.code;
      throw failure;
    } finally {
      endSpan(span.span, code);
      this.metrics?.observe('client', call.pattern, code ?? 'OK', (performance.now() - startedAt) / 1_000);
    }
  }

  private async send<C extends Call>(
    call: C,
    request: CallRequest<C>,
    options: CallOptions,
    span: ClientSpan,
  ): Promise<CallReply<C>> {
    const parsed = call.request.safeParse(request);
    if (!parsed.success) {
      throw new CallError(
        'INVALID_ARGUMENT',
        `The request of ${call.pattern} is not valid: ${issuesText(parsed.error)}`,
      );
    }
    const { service, pattern, effect, sealed } = call;
    const { principal, key, signal } = options;
    const deadlineMs = Math.min(options.deadlineMs ?? call.deadlineMs, call.deadlineMs);
    const outgoing = {
      service,
      pattern,
      effect,
      deadlineMs,
      principal,
      key,
      signal,
      trace: carrierOf(span),
      data: parsed.data,
      sealed,
    };
    const reply = call.reply.safeParse(await this.client.request(outgoing));
    if (reply.success) return reply.data as CallReply<C>;
    throw new Error(`reply breaks its schema: ${issuesText(reply.error)}`);
  }
}
