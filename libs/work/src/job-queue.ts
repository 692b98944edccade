import { type Logger, type Runtime, telemetry } from '@perennial/runtime';
import type { Connections, Keyspace } from '@perennial/transport';
import { type JobsOptions, Queue } from 'bullmq';
import { BullMQOtel } from 'bullmq-otel';
import type { Redis } from 'ioredis';

/** Most jobs in transit to Redis: far above a busy second's number. It bounds memory while Redis hangs. */
const MAX_UNDERWAY = 5_000;

/** Where BullMQ keeps the keys of a queue: on a Cluster in one slot, as its scripts need. */
export function queuePrefix(keyspace: Keyspace, queue: string): string {
  return `${keyspace.of(queue)}:bull`;
}

/** Carries the trace through the queue if spans are recorded; the trace of a run or file is on its row. */
export function queueTelemetry(): BullMQOtel | undefined {
  return telemetry()?.recording === true ? new BullMQOtel({ tracerName: 'bullmq' }) : undefined;
}

export interface JobQueueOptions<Job> {
  /** The queue's name in BullMQ. */
  name: string;
  /** Names the job of one claim, for example `<run>-<epoch>`: BullMQ ignores a repeated id. */
  idOf(job: Job): string;
  /** Order and other options of one job. */
  optionsOf?(job: Job): Pick<JobsOptions, 'priority'>;
}

/**
 * The queue only makes claims fast: the rows in Postgres say what waits. So sends are not awaited, and a sweeper enqueues lost jobs again
 * (Redis away or emptied).
 */
export class JobQueue<Job extends object> {
  private readonly log: Logger;
  private readonly redis: Redis;
  private readonly queue: Queue;
  private underway = 0;

  constructor(
    connections: Connections,
    runtime: Runtime,
    private readonly options: JobQueueOptions<Job>,
  ) {
    this.log = runtime.logger(`job-queue ${options.name}`);
    this.redis = connections.create('queue', options.name, 'jobs');
    this.queue = new Queue(options.name, {
      connection: this.redis,
      prefix: queuePrefix(connections.keyspace, options.name),
      telemetry: queueTelemetry(),
      skipVersionCheck: true,
      // A finished job is removed, so that the same claim can be enqueued again under its id.
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true, attempts: 1 },
    });
    this.queue.on('error', (error) => this.log.debug({ err: error }, 'queue'));
    runtime.status.provide({ queue: () => this.waiting() });
    const help = 'Jobs that wait in Redis for a worker, as every process sees them: take the maximum';
    runtime.metrics.gauge('queue_jobs', help, ['queue'], async (gauge) => {
      if (this.redis.status === 'ready') gauge.set({ queue: options.name }, await this.waiting().catch(() => 0));
    });
  }

  async close(): Promise<void> {
    await this.queue.close().catch(() => undefined);
    this.redis.disconnect();
  }

  /** Calls `listener` each time Redis is back; it may have lost every job. */
  onBack(listener: () => void): void {
    let wasAway = false;
    this.redis.on('close', () => (wasAway = true));
    this.redis.on('ready', () => {
      if (wasAway) listener();
      wasAway = false;
    });
  }

  /** Enqueues jobs for the workers. Idempotent: BullMQ ignores a repeated id. */
  enqueue(jobs: readonly Job[]): void {
    this.add(jobs, '');
  }

  /**
   * Enqueues work that waits too long under a second id: if a worker died between job and claim, BullMQ still knows the first id and holds it
   * until its lock expires. A duplicate is harmless: the second job finds a living owner and is dropped.
   */
  enqueueAgain(jobs: readonly Job[]): void {
    this.add(jobs, '-again');
  }

  /** Removes the job of work that was claimed without it. A job that a worker holds stays, and ends there. */
  withdraw(job: Job): void {
    this.track(1, 'job not withdrawn', () => this.queue.remove(this.options.idOf(job), { removeChildren: false }));
  }

  private add(jobs: readonly Job[], suffix: string): void {
    if (jobs.length === 0) return;
    const { name, idOf, optionsOf } = this.options;
    this.track(jobs.length, 'jobs not enqueued', () =>
      this.send(
        jobs.map((job) => ({ name, data: job, opts: { ...optionsOf?.(job), jobId: `${idOf(job)}${suffix}` } })),
      ),
    );
  }

  /** While Redis is away or hangs, commands would pile up in memory; the sweeper enqueues these rows later. */
  private track(jobs: number, failure: string, command: () => Promise<unknown>): void {
    if (this.redis.status !== 'ready' || this.underway + jobs > MAX_UNDERWAY) return;
    this.underway += jobs;
    command()
      .catch((error: unknown) => this.log.warn({ err: error }, failure))
      .finally(() => {
        this.underway -= jobs;
      });
  }

  /** One job is one script; a bulk is a transaction around it. */
  private send(jobs: Parameters<Queue['addBulk']>[0]): Promise<unknown> {
    const [job] = jobs;
    return job && jobs.length === 1 ? this.queue.add(job.name, job.data, job.opts) : this.queue.addBulk(jobs);
  }

  private async waiting(): Promise<number> {
    const counts = await this.queue.getJobCounts('waiting', 'prioritized');
    return (counts.waiting ?? 0) + (counts.prioritized ?? 0);
  }
}
