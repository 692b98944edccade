import { isSpanContextValid, trace } from '@opentelemetry/api';
import { destination, type DestinationStream, type Logger, pino } from 'pino';
import { type LastError, toLastError } from './last-error';
import { redact, scrub } from './redact';

export interface LoggerOptions {
  level: string;
  service: string;
  instance: string;
  /** Destination; standard output by default, written synchronously so that a dying process loses no line. */
  stream?: DestinationStream;
  /** Called with each error that is logged, also by child loggers. */
  onError?: (error: LastError) => void;
}

/** pino's number of the level `error`. */
const ERROR_LEVEL = 50;

/** JSON lines with service, instance, and the active trace and span; fields that may hold a secret are redacted. */
export function createLogger({ level, service, instance, stream, onError }: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: { service, instance },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }), log: redact },
      serializers: { err: serializeError },
      mixin: activeTrace,
      hooks: {
        logMethod(args, method, at) {
          if (at >= ERROR_LEVEL) onError?.(toLastError(args[0]));
          method.apply(this, args);
        },
      },
    },
    stream ?? destination({ fd: 1, sync: true }),
  );
}

function activeTrace(): object {
  const context = trace.getActiveSpan()?.spanContext();
  if (context === undefined || !isSpanContextValid(context)) return {};
  return { trace_id: context.traceId, span_id: context.spanId };
}

interface LoggedError {
  type: string;
  message: string;
  code?: unknown;
  stack?: string;
  cause?: LoggedError;
}

/** Only fields that help to find the cause: drivers attach queries, parameters and connections to their errors. */
function serializeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  const code: unknown = 'code' in error ? error.code : undefined;
  const logged: LoggedError = { type: error.name, message: scrub(error.message) };
  if (code !== undefined) logged.code = code;
  if (error.stack !== undefined) logged.stack = scrub(error.stack);
  if (error.cause instanceof Error && depth < 4) logged.cause = serializeError(error.cause, depth + 1) as LoggedError;
  return logged;
}
