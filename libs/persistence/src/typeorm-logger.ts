import type { Logger } from '@perennial/runtime';
import type { Logger as TypeOrmLogger } from 'typeorm';

/** TypeORM's messages as log lines, without statements: their parameters are users' data. */
export class TypeOrmPinoLogger implements TypeOrmLogger {
  constructor(private readonly logger: Logger) {}

  logQuery(): void {
    return;
  }

  /** The error reaches the caller, who logs or handles it. */
  logQueryError(): void {
    return;
  }

  logQuerySlow(time: number): void {
    this.logger.warn({ duration_ms: time }, 'slow statement');
  }

  logSchemaBuild(message: string): void {
    this.logger.debug(message);
  }

  /** Only failures are reported by this name; the message says which migration. */
  logMigration(message: string): void {
    this.logger.error(message);
  }

  log(level: 'log' | 'info' | 'warn', message: unknown): void {
    this.logger[level === 'warn' ? 'warn' : 'debug'](String(message));
  }
}
