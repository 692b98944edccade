import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';

/** Contexts in which Nest logs at every start; only useful for debugging the wiring. */
const NOISY = new Set([
  'InstanceLoader',
  'NestFactory',
  'RoutesResolver',
  'RouterExplorer',
  'NestMicroservice',
  'NestApplication',
]);

/** Nest's own log lines (and those of `new Logger(context)`) through pino. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write(NOISY.has(String(rest.at(-1))) ? 'debug' : 'info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  private write(
    level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace',
    message: unknown,
    rest: unknown[],
  ): void {
    if (!this.logger.isLevelEnabled(level)) return;
    const context = rest.length > 0 && typeof rest.at(-1) === 'string' ? String(rest.at(-1)) : undefined;
    const stack = rest.length > 1 && typeof rest[0] === 'string' ? rest[0] : undefined;
    const err = message instanceof Error ? message : rest.find((item) => item instanceof Error);
    const { text, fields } = partsOf(message);
    this.logger[level]({ context, ...fields, ...(err === undefined ? { stack } : { err }) }, text);
  }
}

/** An object with a `message` is an event with fields; any other is written as JSON. */
function partsOf(message: unknown): { text: string; fields?: Record<string, unknown> } {
  if (typeof message === 'string') return { text: message };
  if (message instanceof Error) return { text: message.message };
  if (typeof message === 'object' && message !== null && 'message' in message && typeof message.message === 'string') {
    const { message: text, ...fields } = message;
    return { text, fields };
  }
  return { text: JSON.stringify(message) };
}
