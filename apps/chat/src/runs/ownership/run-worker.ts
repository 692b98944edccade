import { Inject, Injectable } from '@nestjs/common';
import { Runtime, type Logger } from '@perennial/runtime';
import { Connections } from '@perennial/transport';
import { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { CHAT_ENV, type ChatEnv } from '../../env';
import { GenerationService } from '../generation/generation.service';
import { queuePrefix, queueTelemetry, RUN_QUEUE, type RunJob } from './run-queue';

/** Ownership is Postgres' affair: BullMQ's lock only says when a job may be offered to another worker as well. */
const LOCK_MS = 15_000;
const STALLED_CHECK_MS = 5_000;
/** How often a job may stall is none of its affairs either: attempts are counted on the run. */
const NEVER = 1_000_000_000;
/** Redis may be away when a process ends. */
const CLOSE_PATIENCE_MS = 1_000;

/** Listens for jobs. A job is held for as long as its run is written here; most of the time that is all it does. */
@Injectable()
export class RunWorker {
  readonly #log: Logger;
  #worker?: Worker<RunJob>;
  #redis?: Redis;
  #closing?: Promise<unknown>;

  constructor(
    @Inject(CHAT_ENV) private readonly env: ChatEnv,
    @Inject(Connections) private readonly connections: Connections,
    @Inject(Runtime) runtime: Runtime,
    private readonly generation: GenerationService,
  ) {
    this.#log = runtime.logger('run-worker');
  }

  start(): void {
    this.#redis = this.connections.create('queue', 'worker');
    this.#worker = new Worker<RunJob>(RUN_QUEUE, (job) => this.generation.work(job.data.runId), {
      connection: this.#redis,
      prefix: queuePrefix(this.connections.keyPrefix),
      concurrency: this.env.WORKER_CONCURRENCY,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: NEVER,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
      telemetry: queueTelemetry(),
      skipVersionCheck: true,
    });
    // Lost locks and missing jobs after a Redis that forgot or a job that ran twice: Postgres has decided already.
    this.#worker.on('error', (error) => this.#log.debug({ err: error }, 'queue'));
    this.#worker.on('failed', (job, error) =>
      this.#log.warn({ err: error, run: job?.data.runId }, 'a run was not begun'),
    );
  }

  /**
   * Takes no further job; the ones that run go on. Not BullMQ's `pause`: a paused worker that sits in its blocking read still takes the
   * next job, which may be the very one with which this process hands a run over.
   */
  stopTaking(): void {
    this.generation.refuse();
    this.#closing = this.#worker?.close().catch((error: unknown) => this.#log.debug({ err: error }, 'queue'));
  }

  /** Waits a moment for the jobs to be acknowledged and disconnects. What is left is dropped by whoever is offered it next. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise((resolve) => (timer = setTimeout(resolve, CLOSE_PATIENCE_MS)));
    await Promise.race([this.#closing, patience]);
    clearTimeout(timer);
    this.#redis?.disconnect();
  }
}
