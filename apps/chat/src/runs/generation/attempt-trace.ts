import { context, type Link, type Span, SpanKind, trace } from '@opentelemetry/api';
import {
  type AnswerEnd,
  type ChatRequest,
  genAiAttributes,
  genAiResponseAttributes,
  genAiSpanName,
  type ModelConnection,
} from '@perennial/model-provider';
import { extractTrace, failSpan, injectTrace, inSpan, SPAN_IDS } from '@perennial/runtime';
import type { OwnershipRepository } from '../ownership/ownership.repository';
import type { ClaimedRun } from '../types/run';
import { providerHost, type RunMetrics } from './run-metrics';

const tracer = trace.getTracer('@perennial/chat');

/**
 * Runs an attempt in a span that is the accept's child and links the attempt before it. Linked, not parented: a killed
 * worker never exports its span.
 */
export async function inAttemptSpan(
  run: ClaimedRun,
  owner: string,
  ownership: OwnershipRepository,
  work: () => Promise<void>,
): Promise<void> {
  const parent = run.traceparent === null ? context.active() : extractTrace({ traceparent: run.traceparent });
  const before =
    run.attempt_traceparent && trace.getSpanContext(extractTrace({ traceparent: run.attempt_traceparent }));
  const links: Link[] = before ? [{ context: before }] : [];
  const job = trace.getSpanContext(context.active());
  if (job) links.push({ context: job });
  const attributes = {
    [SPAN_IDS.run]: run.id,
    ...(run.chat_id && { [SPAN_IDS.chat]: run.chat_id }),
    ...(run.message_id && { [SPAN_IDS.message]: run.message_id }),
    'perennial.run.epoch': run.epoch,
    'perennial.run.takeover': run.epoch > 1,
  };
  await inSpan('run attempt', { kind: SpanKind.CONSUMER, attributes, links, parent }, async (span) => {
    const { traceparent } = injectTrace();
    if (traceparent && span.isRecording()) {
      ownership.traceAttempt({ runId: run.id, owner, epoch: run.epoch }, traceparent).catch(() => undefined);
    }
    await work();
  });
}

/** Span and metrics of a provider call: parameters, token counts, time to first token; never content. */
export class ProviderSpan {
  private readonly span: Span;
  private readonly startedAt = performance.now();
  private sawToken = false;

  constructor(
    private readonly connection: ModelConnection,
    request: ChatRequest,
    private readonly run: ClaimedRun,
    private readonly metrics: RunMetrics,
  ) {
    this.span = tracer.startSpan(genAiSpanName(request), {
      kind: SpanKind.CLIENT,
      attributes: genAiAttributes(connection, request),
    });
  }

  /** Trace headers for the provider; empty if no span is recorded. */
  get headers(): Record<string, string> {
    return this.span.isRecording() ? injectTrace() : {};
  }

  within<T>(work: () => T): T {
    return context.with(trace.setSpan(context.active(), this.span), work);
  }

  /** Called for each piece of the answer; only the first one does work. */
  token(): void {
    if (this.sawToken) return;
    this.sawToken = true;
    const waited = performance.now() - this.startedAt;
    this.span.setAttribute('gen_ai.response.time_to_first_chunk', waited / 1_000);
    if (this.run.epoch !== 1) return;
    const by = { model: this.run.model, provider: providerHost(this.connection.baseUrl) };
    this.within(() => this.metrics.firstToken(this.run.age_s + waited / 1_000, by));
  }

  ended(end: AnswerEnd): void {
    this.span.setAttributes(genAiResponseAttributes(end));
  }

  failed(error: unknown): void {
    failSpan(this.span, error);
  }

  end(): void {
    this.span.end();
  }
}
