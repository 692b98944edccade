import type { Logger, Runtime } from '@perennial/runtime';
import type { Connections } from '@perennial/transport';
import { Worker, type Job as QueuedJob, type JobJson } from 'bullmq';
import type { Redis } from 'ioredis';
import type { z } from 'zod';
import { queuePrefix, queueTelemetry } from './job-queue';

/** Ownership is Postgres' affair: BullMQ's lock only says when a job may be offered to another worker as well. */
const LOCK_MS = 15_000;
const STALLED_CHECK_MS = 5_000;
/** How often a job may stall is none of its affairs either: attempts are counted on the row. */
const NEVER = 1_000_000_000;
/** Redis may be away when a process ends. */
const CLOSE_TIMEOUT_MS = 1_000;

export interface JobWorkerOptions<Job> {
  /** The queue's name in BullMQ. */
  queue: string;
  /** Jobs held at once, until `limit` says otherwise. */
  concurrency: number;
  /** Shape of a job; one of another shape is put aside. */
  shape: z.ZodType<Job>;
  /** Takes what the job speaks of and works on it; resolves when it is over, handed over or was not to be had. */
  work(job: Job): Promise<unknown>;
  /** Names a job in a log line. */
  describe(job: Job): Record<string, unknown>;
}

/** BullMQ offers a job whose data is no JSON again each time its lock ends, for ever. Here it is a job without data. */
class TolerantWorker extends Worker<unknown> {
  protected override createJob(json: JobJson, jobId: string): QueuedJob<unknown> {
    try {
      return super.createJob(json, jobId);
    } catch {
      return super.createJob({ ...json, data: 'null' }, jobId);
    }
  }
}

/** Listens for jobs. A job is held for as long as its work goes on here. */
export class JobWorker<Job extends object> {
  readonly #log: Logger;
  #worker?: Worker<unknown>;
  #redis?: Redis;
  #closing?: Promise<unknown>;

  constructor(
    private readonly connections: Connections,
    runtime: Runtime,
    private readonly options: JobWorkerOptions<Job>,
  ) {
    this.#log = runtime.logger(`job-worker ${options.queue}`);
  }

  start(): void {
    const { queue, concurrency } = this.options;
    this.#redis = this.connections.create('queue', 'worker');
    this.#worker = new TolerantWorker(queue, (job) => this.#work(job.data), {
      connection: this.#redis,
      prefix: queuePrefix(this.connections.keyPrefix),
      concurrency,
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
      this.#log.warn({ err: error, ...this.#describe(job?.data) }, 'a job was not begun'),
    );
  }

  /** From now on no more than so many jobs are held at once, but always one. */
  limit(concurrency: number): void {
    if (this.#worker) this.#worker.concurrency = Math.max(1, concurrency);
  }

  /** A malformed job ends here like a finished one: what waits is a row, and a sweeper enqueues it again. */
  async #work(data: unknown): Promise<void> {
    const { queue, shape, work } = this.options;
    const job = shape.safeParse(data);
    if (job.success) {
      await work(job.data);
      return;
    }
    const content = JSON.stringify(data) ?? 'undefined';
    this.connections.deadLetters.put({ source: `job:${queue}`, reason: 'not a job', content });
  }

  #describe(data: unknown): Record<string, unknown> {
    const job = this.options.shape.safeParse(data);
    return job.success ? this.options.describe(job.data) : {};
  }

  /**
   * Takes no further job; the ones that run go on. Not BullMQ's `pause`: a paused worker that sits in its blocking read still takes the
   * next job, which may be the very one with which this process hands its work over.
   */
  stopClaiming(): void {
    this.#closing = this.#worker?.close().catch((error: unknown) => this.#log.debug({ err: error }, 'queue'));
  }

  /** Waits a moment for the jobs to be acknowledged and disconnects. What is left is dropped by whoever is offered it next. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise((resolve) => (timer = setTimeout(resolve, CLOSE_TIMEOUT_MS)));
    await Promise.race([this.#closing, timeout]);
    clearTimeout(timer);
    this.#redis?.disconnect();
  }
}
