import {
  type Context,
  context,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { ErrorCode } from '@perennial/contracts-kernel';

const tracer = trace.getTracer('@perennial/transport');
/** `rpc.system.name` of our spans (OpenTelemetry's RPC conventions). */
const SYSTEM = 'perennial';

export interface ClientSpan {
  readonly span: Span;
  /** The context that the call runs in: its parent for everything sent on the way. */
  readonly context: Context;
}

export function startClientSpan(pattern: string, service: string): ClientSpan {
  const parent = context.active();
  const span = tracer.startSpan(
    pattern,
    { kind: SpanKind.CLIENT, attributes: { 'rpc.system.name': SYSTEM, 'rpc.method': pattern, 'rpc.service': service } },
    parent,
  );
  return { span, context: trace.setSpan(parent, span) };
}

export function startServerSpan(
  pattern: string,
  service: string,
  carrier: Record<string, string> | undefined,
): ClientSpan {
  const parent = carrier ? propagation.extract(ROOT_CONTEXT, carrier) : ROOT_CONTEXT;
  const span = tracer.startSpan(
    pattern,
    { kind: SpanKind.SERVER, attributes: { 'rpc.system.name': SYSTEM, 'rpc.method': pattern, 'rpc.service': service } },
    parent,
  );
  return { span, context: trace.setSpan(parent, span) };
}

/** Errors that the caller caused do not mark the server's span as failed. */
const CALLERS_FAULT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'INVALID_ARGUMENT',
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'FAILED_PRECONDITION',
  'IDEMPOTENCY_MISMATCH',
  'PAYLOAD_TOO_LARGE',
  'RESOURCE_EXHAUSTED',
  'CANCELLED',
]);

export function endSpan(span: Span, code: ErrorCode | undefined): void {
  if (code && span.isRecording()) {
    span.setAttribute('rpc.response.status_code', code);
    span.setAttribute('error.type', code);
    if (!CALLERS_FAULT.has(code)) span.setStatus({ code: SpanStatusCode.ERROR, message: code });
  }
  span.end();
}

/** W3C headers for a record, or undefined when nothing is traced. */
export function carrierOf({ span, context: spanContext }: ClientSpan): Record<string, string> | undefined {
  if (!isSpanContextValid(span.spanContext())) return undefined;
  const carrier: Record<string, string> = {};
  propagation.inject(spanContext, carrier);
  return carrier;
}

/** Work for many calls (one script for a batch) belongs to none of their traces. */
export function outsideTraces<T>(work: () => T): T {
  return context.with(ROOT_CONTEXT, work);
}

export function within<T>(span: ClientSpan, work: () => T): T {
  return context.with(span.context, work);
}
