import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { waitFor } from '@perennial/local-runtime/servers';
import { double, fields, text } from './protobuf';

export type AttributeValue = string | number | boolean | AttributeValue[] | { [key: string]: AttributeValue } | null;
export type Attributes = Record<string, AttributeValue>;

/** A span as it was exported. Ids are lower-case hex. */
export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  /** Empty for a root span. */
  parentSpanId: string;
  name: string;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number;
  /** Nanoseconds since 1970. */
  startTime: bigint;
  endTime: bigint;
  attributes: Attributes;
  events: { name: string; attributes: Attributes }[];
  links: { traceId: string; spanId: string; attributes: Attributes }[];
  /** 0 unset, 1 ok, 2 error. */
  status: { code: number; message: string };
  /** The name of the instrumentation scope. */
  scope: string;
  /** The attributes of the process that made the span. */
  resource: Attributes;
}

export interface OtlpReceiver {
  /** The value for `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  url: string;
  /** All spans so far, in the order they arrived. */
  spans: ReceivedSpan[];
  /** Spans of one trace. */
  trace(traceId: string): ReceivedSpan[];
  /** Waits for a span that matches. */
  waitForSpan(matches: (span: ReceivedSpan) => boolean, timeoutMs?: number): Promise<ReceivedSpan>;
  clear(): void;
  stop(): Promise<void>;
}

/** A real OTLP/HTTP receiver for traces: protobuf or JSON, gzip or plain. Metrics and logs are accepted and dropped. */
export async function startOtlpReceiver(port = 0): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const json = (request.headers['content-type'] ?? '').includes('json');
      try {
        const raw = Buffer.concat(chunks);
        const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
        if (request.url === '/v1/traces') {
          spans.push(...(json ? fromJson(JSON.parse(body.toString()) as JsonRequest) : fromProtobuf(body)));
        }
        response.setHeader('content-type', json ? 'application/json' : 'application/x-protobuf');
        response.end(json ? '{}' : '');
      } catch (error) {
        response.statusCode = 400;
        response.end(String(error));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the receiver has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    spans,
    trace: (traceId) => spans.filter((span) => span.traceId === traceId),
    waitForSpan: (matches, timeoutMs = 15_000) =>
      waitFor(() => spans.find(matches), { timeoutMs, what: 'a span to be exported' }),
    clear: () => void spans.splice(0),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** ExportTraceServiceRequest → its spans. Field numbers are those of opentelemetry/proto/trace/v1/trace.proto. */
function fromProtobuf(body: Uint8Array): ReceivedSpan[] {
  const result: ReceivedSpan[] = [];
  for (const resourceSpans of fields(body)) {
    if (resourceSpans.number !== 1) continue;
    const parts = [...fields(resourceSpans.bytes)];
    const resourceMessage = parts.find((part) => part.number === 1);
    const resource = resourceMessage ? attributesIn(resourceMessage.bytes, 1) : {};
    for (const scopeSpans of parts.filter((part) => part.number === 2)) {
      const inner = [...fields(scopeSpans.bytes)];
      const scopeMessage = inner.find((part) => part.number === 1);
      const scopeName = scopeMessage && [...fields(scopeMessage.bytes)].find((part) => part.number === 1);
      const scope = scopeName ? text(scopeName.bytes) : '';
      for (const span of inner.filter((part) => part.number === 2)) result.push(spanOf(span.bytes, scope, resource));
    }
  }
  return result;
}

function spanOf(message: Uint8Array, scope: string, resource: Attributes): ReceivedSpan {
  const span: ReceivedSpan = {
    ...{ traceId: '', spanId: '', parentSpanId: '', name: '', kind: 0, startTime: 0n, endTime: 0n },
    ...{
      attributes: attributesIn(message, 9),
      events: [],
      links: [],
      status: { code: 0, message: '' },
      scope,
      resource,
    },
  };
  for (const { number, value, bytes } of fields(message)) {
    if (number === 1) span.traceId = hex(bytes);
    else if (number === 2) span.spanId = hex(bytes);
    else if (number === 4) span.parentSpanId = hex(bytes);
    else if (number === 5) span.name = text(bytes);
    else if (number === 6) span.kind = Number(value);
    else if (number === 7) span.startTime = value;
    else if (number === 8) span.endTime = value;
    else if (number === 11) {
      const name = [...fields(bytes)].find((part) => part.number === 2);
      span.events.push({ name: name ? text(name.bytes) : '', attributes: attributesIn(bytes, 3) });
    } else if (number === 13) {
      const parts = [...fields(bytes)];
      const id = (field: number): string => hex(parts.find((part) => part.number === field)?.bytes ?? new Uint8Array());
      span.links.push({ traceId: id(1), spanId: id(2), attributes: attributesIn(bytes, 4) });
    } else if (number === 15) {
      for (const part of fields(bytes)) {
        if (part.number === 2) span.status.message = text(part.bytes);
        if (part.number === 3) span.status.code = Number(part.value);
      }
    }
  }
  return span;
}

/** The key-value pairs in the repeated field `number` of a message. */
function attributesIn(message: Uint8Array, number: number): Attributes {
  const result: Attributes = {};
  for (const pair of fields(message)) {
    if (pair.number !== number) continue;
    const parts = [...fields(pair.bytes)];
    const key = parts.find((part) => part.number === 1);
    const value = parts.find((part) => part.number === 2);
    if (key) result[text(key.bytes)] = value ? valueOf(value.bytes) : null;
  }
  return result;
}

function valueOf(message: Uint8Array): AttributeValue {
  for (const { number, value, bytes } of fields(message)) {
    if (number === 1) return text(bytes);
    if (number === 2) return value !== 0n;
    if (number === 3) return Number(BigInt.asIntN(64, value));
    if (number === 4) return double(value);
    if (number === 5) return [...fields(bytes)].map((part) => valueOf(part.bytes));
    if (number === 6) return attributesIn(bytes, 1);
    if (number === 7) return hex(bytes);
  }
  return null;
}

interface JsonValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string | number;
  doubleValue?: number;
  arrayValue?: { values?: JsonValue[] };
  kvlistValue?: { values?: JsonPair[] };
}
interface JsonPair {
  key: string;
  value?: JsonValue;
}
interface JsonSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind?: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: JsonPair[];
  events?: { name: string; attributes?: JsonPair[] }[];
  links?: { traceId: string; spanId: string; attributes?: JsonPair[] }[];
  status?: { code?: number; message?: string };
}
interface JsonRequest {
  resourceSpans?: {
    resource?: { attributes?: JsonPair[] };
    scopeSpans?: { scope?: { name?: string }; spans?: JsonSpan[] }[];
  }[];
}

function fromJson(request: JsonRequest): ReceivedSpan[] {
  return (request.resourceSpans ?? []).flatMap(({ resource, scopeSpans = [] }) =>
    scopeSpans.flatMap(({ scope, spans = [] }) =>
      spans.map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? '',
        name: span.name,
        kind: span.kind ?? 0,
        startTime: BigInt(span.startTimeUnixNano),
        endTime: BigInt(span.endTimeUnixNano),
        attributes: jsonAttributes(span.attributes),
        events: (span.events ?? []).map((event) => ({
          name: event.name,
          attributes: jsonAttributes(event.attributes),
        })),
        links: (span.links ?? []).map(({ traceId, spanId, attributes }) => ({
          ...{ traceId, spanId, attributes: jsonAttributes(attributes) },
        })),
        status: { code: span.status?.code ?? 0, message: span.status?.message ?? '' },
        scope: scope?.name ?? '',
        resource: jsonAttributes(resource?.attributes),
      })),
    ),
  );
}

function jsonAttributes(pairs: JsonPair[] = []): Attributes {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, jsonValue(value)]));
}

function jsonValue(value: JsonValue = {}): AttributeValue {
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(jsonValue);
  if (value.kvlistValue) return jsonAttributes(value.kvlistValue.values);
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? null;
}
