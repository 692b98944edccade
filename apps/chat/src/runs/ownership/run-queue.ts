import { Inject, Injectable, Logger } from '@nestjs/common';
import { Runtime, telemetry } from '@perennial/runtime';
import { Connections } from '@perennial/transport';
import { Queue } from 'bullmq';
import { BullMQOtel } from 'bullmq-otel';
import type { Redis } from 'ioredis';

/** What a job says: this run waits for an owner. `epoch` is the run's at the time; the take makes it one more. */
export interface RunJob {
  runId: string;
  epoch: number;
}

export const RUN_QUEUE = 'runs';

/** Jobs on their way to Redis: far above a busy second's, and a bound for what a Redis that stands still piles up here. */
const MAX_UNDERWAY = 5_000;

/** Where BullMQ keeps its keys. */
export function queuePrefix(keyPrefix: string): string {
  return `${keyPrefix}:bull`;
}

/** Carries the trace through the queue, where spans are recorded; a run's own trace is on its row. */
export function queueTelemetry(): BullMQOtel | undefined {
  return telemetry()?.recording === true ? new BullMQOtel({ tracerName: 'bullmq' }) : undefined;
}

/**
 * The queue only makes a take fast; that a run waits is a fact of Postgres. So nothing is awaited here, and what is lost
 * (Redis away, Redis emptied) the sweeper enqueues again by the runs' state.
 */
@Injectable()
export class RunQueue {
  readonly #logger = new Logger('RunQueue');
  readonly #redis: Redis;
  readonly #queue: Queue<RunJob>;
  #underway = 0;

  constructor(@Inject(Connections) connections: Connections, @Inject(Runtime) runtime: Runtime) {
    this.#redis = connections.create('queue', 'jobs');
    this.#queue = new Queue<RunJob>(RUN_QUEUE, {
      connection: this.#redis,
      prefix: queuePrefix(connections.keyPrefix),
      telemetry: queueTelemetry(),
      skipVersionCheck: true,
      // A job's end leaves nothing: its id must be free again, should the same take be needed once more.
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true, attempts: 1 },
    });
    this.#queue.on('error', (error) => this.#logger.debug(error.message));
    runtime.metrics.gauge('run_queue_jobs', 'Jobs that wait in Redis for a worker', [], async (gauge) => {
      if (this.#redis.status === 'ready') gauge.set(await this.#queue.getWaitingCount().catch(() => 0));
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
  enqueue(jobs: readonly RunJob[]): void {
    this.#add(jobs, '');
  }

  /**
   * Tells the workers of runs that wait too long, under a second id: a worker that died between a job and its take has left the job
   * under the first one, known to BullMQ and of use to nobody until its lock ends. Two jobs of one run are one too many at worst: the
   * second finds a living owner and is dropped.
   */
  enqueueAgain(jobs: readonly RunJob[]): void {
    this.#add(jobs, '-again');
  }

  #add(jobs: readonly RunJob[], suffix: string): void {
    // While Redis is away or stands still commands would wait in memory without bound; the sweeper comes back to these runs.
    if (jobs.length === 0 || this.#redis.status !== 'ready' || this.#underway + jobs.length > MAX_UNDERWAY) return;
    this.#underway += jobs.length;
    this.#send(jobs.map((job) => ({ name: 'run', data: job, opts: { jobId: `${job.runId}-${job.epoch}${suffix}` } })))
      .catch((error: unknown) => {
        this.#logger.warn(`not enqueued: ${error instanceof Error ? error.message : String(error)}`);
      })
      .finally(() => {
        this.#underway -= jobs.length;
      });
  }

  /** One job is one script; a bulk is a transaction around it. */
  #send(jobs: Parameters<Queue<RunJob>['addBulk']>[0]): Promise<unknown> {
    const [job] = jobs;
    return job && jobs.length === 1 ? this.#queue.add(job.name, job.data, job.opts) : this.#queue.addBulk(jobs);
  }
}
