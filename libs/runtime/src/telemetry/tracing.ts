import {
  type Attributes,
  type Context,
  context,
  type Link,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';

const tracer = trace.getTracer('perennial');

/** Attributes by which a trace is found; the log lines have the same ids. */
export const SPAN_IDS = {
  chat: 'perennial.chat.id',
  message: 'perennial.message.id',
  run: 'perennial.run.id',
  file: 'perennial.file.id',
  error: 'perennial.error.id',
} as const;

export interface SpanOptions {
  kind?: SpanKind;
  /** Never a prompt, an answer, a key or a person's data. */
  attributes?: Attributes;
  links?: Link[];
  /** The active context by default. */
  parent?: Context;
}

/** Runs `work` in a span of its own, which ends with it. Spans mark calls, queue hops and attempts; never one per token. */
export async function inSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  const parent = options.parent ?? context.active();
  const span = tracer.startSpan(
    name,
    { kind: options.kind, attributes: options.attributes, links: options.links },
    parent,
  );
  return context.with(trace.setSpan(parent, span), async () => {
    try {
      return await work(span);
    } catch (error) {
      failSpan(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Marks a span as failed by the error's name and code. Not its message: provider messages can quote the prompt. */
export function failSpan(span: Span, error: unknown): void {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  const type = typeof code === 'string' ? code : error instanceof Error ? error.name : 'unknown';
  span.setStatus({ code: SpanStatusCode.ERROR, message: type });
  span.setAttribute('error.type', type);
}

/** The active trace context as W3C fields (`traceparent`, `tracestate`), to be stored or sent with a record. Empty without a trace. */
export function injectTrace(from: Context = context.active()): Record<string, string> {
  const carrier: Record<string, string> = {};
  propagation.inject(from, carrier);
  return carrier;
}

/** The context of `injectTrace`'s fields; the root context if there are none. */
export function extractTrace(carrier: Readonly<Record<string, unknown>> | undefined): Context {
  return carrier === undefined ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, carrier);
}

/**
 * Runs `work` outside of any trace, without spans: for loops that serve many runs at once (flushes, heartbeats), whose spans would otherwise
 * belong to the run that happened to start them.
 */
export function untraced<T>(work: () => T): T {
  return context.with(suppressTracing(ROOT_CONTEXT), work);
}
