import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { DestinationStream, Logger } from 'pino';
import { Hindrances } from './health/hindrances';
import { StatusSource } from './health/process-status';
import { Readiness } from './health/readiness';
import { newInstanceId } from './instance-id';
import { Drain } from './lifecycle/drain';
import { every, type EveryOptions, type Interval } from './lifecycle/every';
import type { LastError } from './logging/last-error';
import { createLogger } from './logging/logger';
import { SecurityLog } from './logging/security-log';
import { Metrics } from './metrics/metrics';

export interface RuntimeOptions {
  /** The service's name: `gateway`, `auth`, `chat`, `retrieval` or `config`; a tool may use another. */
  name: string;
  instance?: string;
  logLevel?: string;
  logStream?: DestinationStream;
}

/**
 * The facilities of a process for the code that runs in it. Injected by its class; tests create their own with `new Runtime({ name })`.
 */
export class Runtime {
  readonly name: string;
  /** The id of this replica until it ends, in logs, traces and ownership records for people. Not a fence. */
  readonly instance: string;
  readonly log: Logger;
  readonly security: SecurityLog;
  readonly readiness = new Readiness();
  readonly hindrances = new Hindrances();
  readonly metrics: Metrics;
  readonly drain: Drain;
  readonly status: StatusSource;

  constructor(options: RuntimeOptions) {
    let lastError: LastError | undefined;
    this.name = options.name;
    this.instance = options.instance ?? newInstanceId(options.name);
    this.log = createLogger({
      level: options.logLevel ?? 'info',
      service: this.name,
      instance: this.instance,
      stream: options.logStream,
      onError: (error) => (lastError = error),
    });
    this.security = new SecurityLog(this.log);
    this.metrics = new Metrics(this.name);
    this.drain = new Drain(this.log);
    this.status = new StatusSource(this.readiness, () => lastError);
  }

  /** A logger whose lines carry the context. */
  logger(context: string): Logger {
    return this.log.child({ context });
  }

  /**
   * `every` with this process's logger, stopped when the process begins to drain (phase `intake`). Work that must continue while draining (a
   * heartbeat) passes `until: 'close'`.
   */
  every(
    ms: number,
    work: (signal: AbortSignal) => Promise<void> | void,
    { until = 'intake', ...options }: Omit<EveryOptions, 'log'> & { log?: Logger; until?: 'intake' | 'close' },
  ): Interval {
    const interval = every(ms, work, { log: this.log, ...options });
    this.drain.add(until, `stop ${options.name}`, () => interval.stop());
    return interval;
  }
}

/** Makes the `Runtime` of this process injectable everywhere. `runService` imports it; tests of a module do so themselves. */
@Global()
@Module({})
export class RuntimeModule {
  static forRoot(runtime: Runtime): DynamicModule {
    return { module: RuntimeModule, providers: [{ provide: Runtime, useValue: runtime }], exports: [Runtime] };
  }
}
