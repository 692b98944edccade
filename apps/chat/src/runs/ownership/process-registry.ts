import { Inject, Injectable } from '@nestjs/common';
import { databaseFrom } from '@perennial/persistence';
import { Runtime } from '@perennial/runtime';
import { heartbeatDatabase, type OwnedWork, ProcessRegistry as Registry, ProcessTable } from '@perennial/work';
import { CHAT_ENV, type ChatEnv } from '../../env';
import { type RunJob, RunQueue } from './run-queue';

/** Returns the runs of dead processes to the queue. */
const RUNS: OwnedWork = {
  afterLeaving: `
    UPDATE runs r SET state = 'queued', owner = NULL, queued_at = now() FROM gone WHERE r.owner = gone.id AND r.state = 'running'`,
  afterDeath: `
    , theirs AS (
      SELECT r.id FROM runs r JOIN gone ON r.owner = gone.id WHERE r.state = 'running' FOR UPDATE OF r SKIP LOCKED
    )
    UPDATE runs r SET state = 'queued', owner = NULL, queued_at = now(), deaths = deaths + 1
      FROM theirs WHERE r.id = theirs.id
    RETURNING r.id AS "runId", r.epoch`,
};

/** This process among those that answer calls or write answers. */
@Injectable()
export class ProcessRegistry extends Registry<RunJob> {
  constructor(@Inject(CHAT_ENV) env: ChatEnv, @Inject(Runtime) runtime: Runtime, queue: RunQueue) {
    const reclaimed = runtime.metrics.counter(
      'runs_requeued_total',
      'Runs returned to the queue because their owner died',
    );
    const table = new ProcessTable<RunJob>(heartbeatDatabase({ ...databaseFrom(env), schema: 'chat' }, runtime), RUNS);
    super(table, runtime, (jobs) => {
      reclaimed.inc(jobs.length);
      queue.enqueue(jobs);
    });
  }
}
