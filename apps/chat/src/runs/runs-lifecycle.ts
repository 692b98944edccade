import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { Connections } from '@perennial/transport';
import { QuarantineProcesses, QuarantineWorker, startWork } from '@perennial/work';
import { CHAT_ENV, type ChatEnv } from '../env';
import { AnswerWork } from './answer-work';
import { RunWorker } from './generation/run-worker';
import { ProcessRegistry } from './ownership/process-registry';
import { RunQueue } from './ownership/run-queue';
import { Sweeper } from './ownership/sweeper';

/** Starts what writes answers, and ends it. */
@Injectable()
export class RunsLifecycle implements OnApplicationBootstrap {
  constructor(
    @Inject(CHAT_ENV) private readonly env: ChatEnv,
    private readonly runtime: Runtime,
    private readonly connections: Connections,
    private readonly registry: ProcessRegistry,
    private readonly sweeper: Sweeper,
    private readonly worker: RunWorker,
    private readonly queue: RunQueue,
    private readonly quarantine: QuarantineProcesses,
    private readonly quarantineWorker: QuarantineWorker,
    private readonly answers: AnswerWork,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { registry, sweeper, worker, queue, quarantine, quarantineWorker } = this;
    const parts = { registry, sweeper, worker, queue, quarantine, quarantineWorker };
    await startWork(this.runtime, this.connections, this.env.CHAT_ROLE, parts, this.answers);
  }
}
