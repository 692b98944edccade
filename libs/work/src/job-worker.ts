import { type Logger, type Runtime, waitAtMost } from '@perennial/runtime';
import type { Connections } from '@perennial/transport';
import { type Job as QueuedJob, type JobJson, WaitingError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { z } from 'zod';
import { queuePrefix, queueTelemetry } from './job-queue';

/** Postgres decides ownership: BullMQ's lock only says when a job may be offered to another worker too. */
const LOCK_MS = 15_000;
const STALLED_CHECK_MS = 5_000;
/** Until a worker whose connection broke asks for jobs again. BullMQ's own is longer than a take-over may last. */
const RETRY_MS = 1_000;
/** Never fail a job for stalling: attempts are counted on the row. */
const NEVER = 1_000_000_000;
/** Redis may be away when a process ends. */
const CLOSE_TIMEOUT_MS = 1_000;

export interface JobWorkerOptions<Job> {
  /** The queue's name in BullMQ. */
  queue: string;
  /** Jobs held at once until `limit` changes it. */
  concurrency: number;
  /** Schema of a job; a job that does not match becomes a dead letter. */
  shape: z.ZodType<Job>;
  /**
   * Claims the work of the job and does it; resolves when it has ended, was handed over or could not be claimed.
   *
   * @throws NoRoomError if this process has no room: the job is offered to the other workers
   */
  work(job: Job): Promise<unknown>;
  /** Resolves when this process takes jobs again, after `work` has thrown a `NoRoomError`. */
  untilRoom?(): Promise<void>;
  /** Log fields that identify a job. */
  describe(job: Job): Record<string, unknown>;
}

/** This process has no room for the work of a job. */
export class NoRoomError extends Error {
  constructor() {
    super('This process has no room for more work.');
  }
}

/**
 * BullMQ would offer a job whose data is not JSON again each time its lock expires, for ever. Here it is a job without data.
 */
class TolerantWorker extends Worker<unknown> {
  protected override createJob(json: JobJson, jobId: string): QueuedJob<unknown> {
    try {
      return super.createJob(json, jobId);
    } catch {
      return super.createJob({ ...json, data: 'null' }, jobId);
    }
  }
}

/** Listens for jobs and holds each until its work here has ended. */
export class JobWorker<Job extends object> {
  private readonly log: Logger;
  private worker?: Worker<unknown>;
  private redis?: Redis;
  private closing?: Promise<unknown>;

  constructor(
    private readonly connections: Connections,
    runtime: Runtime,
    private readonly options: JobWorkerOptions<Job>,
  ) {
    this.log = runtime.logger(`job-worker ${options.queue}`);
  }

  start(): void {
    const { queue, concurrency } = this.options;
    this.redis = this.connections.create('queue', queue, 'worker');
    this.worker = new TolerantWorker(queue, (job, token) => this.work(job, token), {
      connection: this.redis,
      prefix: queuePrefix(this.connections.keyspace, queue),
      concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: NEVER,
      runRetryDelay: RETRY_MS,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
      telemetry: queueTelemetry(),
      skipVersionCheck: true,
    });
    // Lost locks and missing jobs, after Redis lost its data or a job ran twice: Postgres has decided already.
    this.worker.on('error', (error) => this.log.debug({ err: error }, 'queue'));
    this.worker.on('failed', (job, error) =>
      this.log.warn({ err: error, ...this.describe(job?.data) }, 'failed to start a job'),
    );
  }

  /** From now on at most this many jobs are held at once. BullMQ holds at least one: a full process gives it back. */
  limit(concurrency: number): void {
    if (this.worker) this.worker.concurrency = Math.max(1, concurrency);
  }

  /** A malformed job is completed like any other: the row still waits, and a sweeper enqueues it again. */
  private async work(queued: QueuedJob<unknown>, token?: string): Promise<void> {
    const { queue, shape, work } = this.options;
    const { data } = queued;
    const job = shape.safeParse(data);
    if (job.success) {
      try {
        await work(job.data);
      } catch (error) {
        if (!(error instanceof NoRoomError)) throw error;
        await this.giveBack(queued, token);
      }
      return;
    }
    const content = JSON.stringify(data) ?? 'undefined';
    this.connections.deadLetters.put({ source: `job:${queue}`, reason: 'not a job', content });
  }

  /** Another worker may take the job at once. Its place here stays taken meanwhile, or BullMQ would fetch the job again. */
  private async giveBack(queued: QueuedJob<unknown>, token?: string): Promise<never> {
    await queued.moveToWait(token);
    await this.options.untilRoom?.();
    throw new WaitingError();
  }

  private describe(data: unknown): Record<string, unknown> {
    const job = this.options.shape.safeParse(data);
    return job.success ? this.options.describe(job.data) : {};
  }

  /**
   * Claims no further job; running ones continue. Not BullMQ's `pause`: a paused worker that sits in its blocking read still takes the next
   * job, possibly one that this process has just handed over.
   */
  stopClaiming(): void {
    this.log.info('no further job is claimed');
    this.closing = this.worker?.close().catch((error: unknown) => this.log.debug({ err: error }, 'queue'));
  }

  /** Waits a moment for the jobs to be acknowledged and disconnects. The next worker drops what is left. */
  async close(): Promise<void> {
    await waitAtMost(this.closing ?? Promise.resolve(), CLOSE_TIMEOUT_MS);
    this.redis?.disconnect();
  }
}
