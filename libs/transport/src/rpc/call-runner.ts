import type { MessageHandler } from '@nestjs/microservices';
import { type Call, CallError, type ErrorCode, parseRequest, PrincipalSchema } from '@perennial/contracts-kernel';
import type { Logger } from '@perennial/runtime';
import { isObservable, lastValueFrom } from 'rxjs';
import { CallContext } from './call-context';
import type { DeadlineWheel } from './deadline-wheel';
import { issuesText, toFailure } from './failure';
import type { RpcMetrics } from './metrics';
import { endSpan, startServerSpan, within } from './tracing';
import { type CallRecord, encodeFailure, encodeReply, type Failure, recordedAtMs, splitCallId } from './wire';

/** A call that this replica works on. */
export interface RunningCall {
  readonly callId: string;
  /**
   * The records of this call: more than one if its caller repeated it. All are kept, and all are removed with the reply.
   */
  readonly streamIds: string[];
  /** Set once the handler begins. */
  context: CallContext | undefined;
}

/** How a record came to this replica. */
export interface Delivery {
  /** Including this one. */
  count: number;
  /** Another replica had it and died, so the handler may have started. */
  foreign: boolean;
}

export interface CallRunnerOptions {
  service: string;
  handlers: ReadonlyMap<string, MessageHandler>;
  maxDeliveries: number;
  maxReplyLength: number;
  metrics: RpcMetrics | undefined;
  log: Logger;
  wheel: DeadlineWheel;
  /** Redis's clock in milliseconds, or undefined while it is not known. */
  redisNow: () => number | undefined;
}

/** Runs one call: checks, handler, trace, and the reply's frame. */
export class CallRunner {
  constructor(private readonly options: CallRunnerOptions) {}

  /** The effect that this version of the service declares for the call; without a declaration it counts as `once`. */
  effectOf(pattern: string): Call['effect'] {
    return this.callOf(pattern)?.effect ?? 'once';
  }

  /** Resolves to the reply's frame; never rejects. */
  async answer(running: RunningCall, record: CallRecord, delivery: Delivery): Promise<string> {
    const { p: pattern } = record;
    const { metrics, maxReplyLength, service } = this.options;
    const startedAt = performance.now();
    const span = startServerSpan(pattern, service, record.t);
    const { call: number } = splitCallId(running.callId);
    let frame: string;
    let code: ErrorCode | undefined;
    try {
      const reply = await within(span, () => this.run(running, record, delivery));
      frame = encodeReply(number, reply);
      if (frame.length > maxReplyLength) {
        throw new CallError('PAYLOAD_TOO_LARGE', `The reply of ${pattern} is too large.`);
      }
    } catch (error) {
      const failure = within(span, () => this.failure(error, pattern, running));
      code = failure.code;
      frame = encodeFailure(number, failure);
    }
    endSpan(span.span, code);
    const seconds = (performance.now() - startedAt) / 1_000;
    // In its context, so that the histogram can lead to the trace.
    if (metrics) within(span, () => metrics.observe('server', pattern, code ?? 'OK', seconds));
    return frame;
  }

  private callOf(pattern: string): Call | undefined {
    return this.options.handlers.get(pattern)?.extras?.['call'] as Call | undefined;
  }

  private async run(running: RunningCall, record: CallRecord, delivery: Delivery): Promise<unknown> {
    const { p: pattern } = record;
    const handler = this.options.handlers.get(pattern);
    if (!handler || handler.isEventHandler) {
      // A newer caller during a rolling upgrade: another replica may know the call.
      throw new CallError('UNAVAILABLE', `This replica does not know the call "${pattern}".`, {
        retryAfter: 1,
        elsewhere: true,
      });
    }
    const remainingMs = this.remainingMs(running, record);
    this.mayBegin(pattern, remainingMs, delivery);
    const call = this.callOf(pattern);
    const request = this.requestOf(call, record);
    const principal = PrincipalSchema.safeParse(record.u);
    if (!principal.success) throw new CallError('INVALID_ARGUMENT', `The principal of ${pattern} is not valid.`);
    const context = new CallContext(
      running.callId,
      principal.data,
      record.k ?? running.callId,
      performance.now() + remainingMs,
      delivery.count,
      (watched) => this.watchDeadline(watched),
    );
    running.context = context;
    const result: unknown = await handler(request, context);
    // Nest returns an observable if there is an interceptor or a filter.
    const reply: unknown = isObservable(result) ? await lastValueFrom(result, { defaultValue: undefined }) : result;
    if (!call) return reply;
    const checked = call.reply.safeParse(reply);
    if (!checked.success) throw new Error(`reply breaks its schema: ${issuesText(checked.error)}`);
    return checked.data;
  }

  private remainingMs({ streamIds }: RunningCall, record: CallRecord): number {
    const now = this.options.redisNow();
    return now === undefined ? record.b : recordedAtMs(streamIds[0] ?? '') + record.b - now;
  }

  private mayBegin(pattern: string, remainingMs: number, delivery: Delivery): void {
    if (remainingMs <= 0) throw new CallError('DEADLINE_EXCEEDED', `${pattern} was not started in time.`);
    if (delivery.foreign && this.effectOf(pattern) === 'once') {
      throw new CallError('OUTCOME_UNKNOWN', `A replica died during ${pattern}; it may or may not have happened.`);
    }
    if (delivery.count > this.options.maxDeliveries) {
      throw new CallError(
        'INTERNAL',
        `${pattern} was given up after ${delivery.count - 1} replicas died while they handled it.`,
      );
    }
  }

  private requestOf(call: Call | undefined, record: CallRecord): unknown {
    if (!call) return record.d;
    const parsed = call.effect === 'keyed' ? parseRequest(call, record.d) : call.request.safeParse(record.d);
    if (parsed.success) return parsed.data;
    throw new CallError('INVALID_ARGUMENT', `The request of ${call.pattern} is not valid: ${issuesText(parsed.error)}`);
  }

  /** A handler that stopped because of its caller reports that, whatever it threw. */
  private failure(error: unknown, pattern: string, { context }: RunningCall): Failure {
    if (context?.stopped && !(error instanceof CallError)) return context.stopped.toJSON();
    return toFailure(error, pattern, this.options.log);
  }

  private watchDeadline(context: CallContext): void {
    const { wheel } = this.options;
    wheel.add(context.deadlineAt, () =>
      context.stop(new CallError('DEADLINE_EXCEEDED', 'The caller no longer waits.')),
    );
  }
}
