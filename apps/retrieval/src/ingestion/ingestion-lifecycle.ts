import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { Connections } from '@perennial/transport';
import { isWorker, RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import type { Extractor } from '../extraction/extraction';
import { RemovalService } from '../removal/removal.service';
import { EXTRACTOR } from './extractor';
import { ActiveIngestions } from './active-ingestions';
import { IngestionParts } from './ingestion-parts';

/** Reserved part of the hand-over time, for the last statements. */
const SHUTDOWN_RESERVE_MS = 1_500;

/** Starts the parts of the ingestion in the order of their dependencies, and stops them in reverse. */
@Injectable()
export class IngestionLifecycle implements OnApplicationBootstrap {
  constructor(
    private readonly parts: IngestionParts,
    private readonly active: ActiveIngestions,
    private readonly removal: RemovalService,
    private readonly connections: Connections,
    @Inject(EXTRACTOR) private readonly extractor: Extractor,
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
    @Inject(Runtime) private readonly runtime: Runtime,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { processes, sweeper, worker, queue } = this.parts;
    const { drain } = this.runtime;
    const role = this.env.RETRIEVAL_ROLE;
    await processes.start();
    sweeper.start();
    // A process that answers calls has this check from its rpc server.
    if (role === 'worker' || role === 'quarantine') {
      this.runtime.readiness.register('redis', async () => {
        if (!(await this.connections.isReachable())) throw new Error('Redis cannot be reached');
      });
    }
    if (role !== 'api') this.#work();
    drain.add('work', 'end extractions', () => this.extractor.close());
    drain.add('work', 'leave the process list', () => processes.stop());
    drain.add('work', 'close the queue', async () => {
      await worker.close();
      await queue.close();
    });
  }

  #work(): void {
    const { worker, suspects, quarantine, quarantineWorker } = this.parts;
    const { drain } = this.runtime;
    this.active.start();
    if (isWorker(this.env)) {
      this.removal.start();
      suspects.start();
      worker.start();
      drain.add('intake', 'take no more files', () => worker.stopClaiming());
      drain.add('intake', 'tell the quarantine processes', () => quarantine.leave());
    } else {
      quarantineWorker.start();
    }
    drain.add('work', 'hand over files', ({ remainingMs }) =>
      this.active.handOver(Date.now() + Math.max(0, remainingMs - SHUTDOWN_RESERVE_MS)),
    );
    // They hand over at the same time as this process.
    drain.add('work', 'end the quarantine processes', ({ remainingMs }) =>
      quarantine.ended(Math.max(0, remainingMs - SHUTDOWN_RESERVE_MS)),
    );
  }
}
