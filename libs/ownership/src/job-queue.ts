import { Logger } from '@nestjs/common';
import { telemetry, type Runtime } from '@perennial/runtime';
import type { Connections } from '@perennial/transport';
import { Queue, type JobsOptions } from 'bullmq';
import { BullMQOtel } from 'bullmq-otel';
import type { Redis } from 'ioredis';

/** Jobs on their way to Redis: far above a busy second's, and a bound for what a Redis that stands still piles up here. */
const MAX_UNDERWAY = 5_000;

/** Where BullMQ keeps its keys. */
export function queuePrefix(keyPrefix: string): string {
  return `${keyPrefix}:bull`;
}

/** Carries the trace through the queue, where spans are recorded; the trace of a piece of work is on its row. */
export function queueTelemetry(): BullMQOtel | undefined {
  return telemetry()?.recording === true ? new BullMQOtel({ tracerName: 'bullmq' }) : undefined;
}

export interface JobQueueOptions<Job> {
  /** The queue's name in BullMQ. */
  name: string;
  /** Names the job of one claim, for example `<run>-<epoch>`: BullMQ ignores an id that it still knows. */
  idOf(job: Job): string;
  /** Order and other options of one job. */
  optionsOf?(job: Job): Pick<JobsOptions, 'priority'>;
  /** Name of the gauge of jobs that wait in Redis. */
  gauge: string;
}

/**
 * The queue only makes a claim fast; that work waits is a fact of Postgres. So nothing is awaited here, and what is lost
 * (Redis away, Redis emptied) a sweeper enqueues again by the rows' state.
 */
export class JobQueue<Job extends object> {
  readonly #logger: Logger;
  readonly #redis: Redis;
  readonly #queue: Queue;
  #underway = 0;

  constructor(
    connections: Connections,
    runtime: Runtime,
    private readonly options: JobQueueOptions<Job>,
  ) {
    this.#logger = new Logger(`JobQueue ${options.name}`);
    this.#redis = connections.create('queue', 'jobs');
    this.#queue = new Queue(options.name, {
      connection: this.#redis,
      prefix: queuePrefix(connections.keyPrefix),
      telemetry: queueTelemetry(),
      skipVersionCheck: true,
      // A job's end leaves nothing: its id must be free again, should the same take be needed once more.
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true, attempts: 1 },
    });
    this.#queue.on('error', (error) => this.#logger.debug(error.message));
    runtime.metrics.gauge(options.gauge, 'Jobs that wait in Redis for a worker', [], async (gauge) => {
      if (this.#redis.status === 'ready') gauge.set(await this.#waiting().catch(() => 0));
    });
  }

  async close(): Promise<void> {
    await this.#queue.close().catch(() => undefined);
    this.#redis.disconnect();
  }

  /** Calls `listener` each time Redis is there again; it may have forgotten every job. */
  onBack(listener: () => void): void {
    let wasAway = false;
    this.#redis.on('close', () => (wasAway = true));
    this.#redis.on('ready', () => {
      if (wasAway) listener();
      wasAway = false;
    });
  }

  /** Tells the workers. BullMQ ignores an id that it still knows, so repeating is harmless. */
  enqueue(jobs: readonly Job[]): void {
    this.#add(jobs, '');
  }

  /**
   * Tells the workers of work that waits too long, under a second id: a worker that died between a job and its take has left the job
   * under the first one, known to BullMQ and of use to nobody until its lock ends. Two jobs for one take are one too many at worst: the
   * second finds a living owner and is dropped.
   */
  enqueueAgain(jobs: readonly Job[]): void {
    this.#add(jobs, '-again');
  }

  #add(jobs: readonly Job[], suffix: string): void {
    // While Redis is away or stands still commands would wait in memory without bound; the sweeper comes back to these rows.
    if (jobs.length === 0 || this.#redis.status !== 'ready' || this.#underway + jobs.length > MAX_UNDERWAY) return;
    this.#underway += jobs.length;
    const { name, idOf, optionsOf } = this.options;
    this.#send(jobs.map((job) => ({ name, data: job, opts: { ...optionsOf?.(job), jobId: `${idOf(job)}${suffix}` } })))
      .catch((error: unknown) => {
        this.#logger.warn(`not enqueued: ${error instanceof Error ? error.message : String(error)}`);
      })
      .finally(() => {
        this.#underway -= jobs.length;
      });
  }

  /** One job is one script; a bulk is a transaction around it. */
  #send(jobs: Parameters<Queue['addBulk']>[0]): Promise<unknown> {
    const [job] = jobs;
    return job && jobs.length === 1 ? this.#queue.add(job.name, job.data, job.opts) : this.#queue.addBulk(jobs);
  }

  async #waiting(): Promise<number> {
    const counts = await this.#queue.getJobCounts('waiting', 'prioritized');
    return (counts.waiting ?? 0) + (counts.prioritized ?? 0);
  }
}
