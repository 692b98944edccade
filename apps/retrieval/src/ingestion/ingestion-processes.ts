import { Inject, Injectable } from '@nestjs/common';
import { databaseFrom } from '@perennial/persistence';
import { Runtime } from '@perennial/runtime';
import { heartbeatDatabase, type OwnedWork, ProcessRegistry, ProcessTable } from '@perennial/work';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { type IngestionJob, IngestionQueue } from '../files/ingestion-queue';
import { AS_JOB } from './ingestion.repository';

/**
 * Returns the files of dead processes to the queue. A death is charged to a file that was alone; of several it is only noted.
 */
export const OWNED_FILES: OwnedWork = {
  afterLeaving: `
    UPDATE files f SET state = 'pending', owner = NULL, queued_at = now()
      FROM gone WHERE f.owner = gone.id AND f.state = 'processing' AND f.deleted_at IS NULL`,
  afterDeath: `
    , held AS (
      SELECT f.owner, count(*) AS files FROM files f JOIN gone ON f.owner = gone.id WHERE f.state = 'processing' GROUP BY f.owner
    ), theirs AS (
      SELECT f.id, held.files = 1 AS guilty FROM files f JOIN held USING (owner)
       WHERE f.state = 'processing' AND f.deleted_at IS NULL FOR UPDATE OF f SKIP LOCKED
    )
    UPDATE files f SET state = 'pending', owner = NULL, queued_at = now(), deaths = deaths + 1, attempts = attempts + guilty::int
      FROM theirs WHERE f.id = theirs.id
    RETURNING ${AS_JOB}`,
};

/** This process among the others of the service. */
@Injectable()
export class IngestionProcesses extends ProcessRegistry<IngestionJob> {
  constructor(@Inject(RETRIEVAL_ENV) env: RetrievalEnv, @Inject(Runtime) runtime: Runtime, queue: IngestionQueue) {
    const reclaimed = runtime.metrics.counter(
      'files_requeued_total',
      'Files returned to the queue because their owner died',
    );
    const database = heartbeatDatabase({ ...databaseFrom(env), schema: 'retrieval' }, runtime);
    super(new ProcessTable<IngestionJob>(database, OWNED_FILES), runtime, (jobs) => {
      reclaimed.inc(jobs.length);
      queue.enqueue(jobs);
    });
  }
}
