import { createRequire, syncBuiltinESMExports } from 'node:module';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { ATTR_SERVICE_INSTANCE_ID, ATTR_SERVICE_NAME } from '@opentelemetry/semantic-conventions';

export interface RecordingOptions {
  serviceName: string;
  instance: string;
}

/** Spans wait at most this long, so that a killed process loses few. */
const EXPORT_DELAY_MS = 1_000;

const NOT_TRACED = /^\/(health|ready|metrics)(\/|\?|$)/;

/**
 * Records spans and sends them to `OTEL_EXPORTER_OTLP_ENDPOINT` (OTLP/HTTP, protobuf). Sampler, headers and limits follow the OTEL_*
 * variables of the specification. Users' text is never on a span: SQL without parameters, Redis commands by name only, URLs without their
 * query.
 */
export function startRecording({ serviceName, instance }: RecordingOptions): { shutdown(): Promise<void> } {
  // The parts of the Node SDK that are used here: the whole of it brings gRPC, three more exporters and 20 MB.
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({
      [ATTR_SERVICE_NAME]: serviceName,
      [ATTR_SERVICE_INSTANCE_ID]: instance,
    }).merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [
      new BatchSpanProcessor(new OTLPTraceExporter(), { scheduledDelayMillis: EXPORT_DELAY_MS, maxQueueSize: 8_192 }),
    ],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  );
  trace.setGlobalTracerProvider(provider);
  registerInstrumentations({
    tracerProvider: provider,
    instrumentations: [
      new HttpInstrumentation({
        disableOutgoingRequestInstrumentation: true, // outgoing requests go through undici
        ignoreIncomingRequestHook: (request) => NOT_TRACED.test(request.url ?? ''),
      }),
      new UndiciInstrumentation({
        requireParentforSpans: true,
        requestHook: (span, request) => {
          // Some providers take their key in the query.
          const path = request.path.split('?')[0] ?? '';
          span.setAttributes({ 'url.full': `${request.origin}${path}`, 'url.path': path, 'url.query': '' });
        },
      }),
      new PgInstrumentation({ requireParentSpan: true, ignoreConnectSpans: true, enhancedDatabaseReporting: false }),
      new IORedisInstrumentation({ requireParentSpan: true, dbStatementSerializer: (command) => command }),
    ],
  });
  loadInstrumented();
  return { shutdown: () => provider.shutdown() };
}

/**
 * Instrumentations patch a package when it is `require`d. It is loaded here first, so that every later `import` gets the patched one without
 * an ESM loader hook.
 */
function loadInstrumented(): void {
  const require = createRequire(import.meta.url);
  for (const name of ['http', 'pg', 'ioredis']) {
    try {
      require(name);
    } catch {
      // A service that does not have the package has nothing to trace in it.
    }
  }
  syncBuiltinESMExports();
}
