import { Inject, Injectable, Logger } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
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

/** Where BullMQ keeps its keys. */
export function queuePrefix(keyPrefix: string): string {
  return `${keyPrefix}:bull`;
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

  constructor(@Inject(Connections) connections: Connections, @Inject(Runtime) runtime: Runtime) {
    this.#redis = connections.create('queue', 'jobs');
    this.#queue = new Queue<RunJob>(RUN_QUEUE, {
      connection: this.#redis,
      prefix: queuePrefix(connections.keyPrefix),
      telemetry: new BullMQOtel({ tracerName: 'bullmq' }),
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

  /** Tells the workers. BullMQ ignores an id that it still knows, so repeating is harmless. */
  enqueue(jobs: readonly RunJob[]): void {
    // While Redis is away a command would wait in memory without bound; the sweeper comes back to these runs.
    if (jobs.length === 0 || this.#redis.status !== 'ready') return;
    this.#queue
      .addBulk(jobs.map((job) => ({ name: 'run', data: job, opts: { jobId: `${job.runId}-${job.epoch}` } })))
      .catch((error: unknown) => {
        this.#logger.warn(`not enqueued: ${error instanceof Error ? error.message : String(error)}`);
      });
  }
}
