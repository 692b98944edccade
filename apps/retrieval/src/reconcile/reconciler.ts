import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { databaseFrom } from '@perennial/persistence';
import { type Logger, Runtime } from '@perennial/runtime';
import { EmbeddingCache } from '../embedding/embedding-cache';
import { isWorker, RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { IndexUpkeep } from './index-upkeep';
import { leading } from './leader';
import { OrphanSweep } from './orphan-sweep';

const UPKEEP_MS = 30_000;
const DAY_S = 24 * 60 * 60;
/** Vectors removed from the cache by one statement. */
const CACHE_BATCH = 5_000;

/** Cleans up after crashes in the background. Every worker can; one at a time does. */
@Injectable()
export class Reconciler implements OnApplicationBootstrap {
  private readonly log: Logger;

  constructor(
    private readonly sweep: OrphanSweep,
    private readonly upkeep: IndexUpkeep,
    private readonly cache: EmbeddingCache,
    @Inject(Runtime) private readonly runtime: Runtime,
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
  ) {
    this.log = runtime.logger('reconciler');
  }

  onApplicationBootstrap(): void {
    if (!isWorker(this.env)) return;
    const intervalMs = this.env.RECONCILE_INTERVAL_SECONDS * 1_000;
    this.runtime.every(
      Math.min(UPKEEP_MS, intervalMs),
      async (signal) => void (await this.lead('upkeep', () => this.upkeep.run(signal))),
      { name: 'reconcile the indexes', jitter: 0.3 },
    );
    this.runtime.every(
      intervalMs,
      async (signal) => void (await this.lead('reconcile', () => this.reconcile(signal))),
      { name: 'remove unreferenced data', jitter: 0.3 },
    );
  }

  private lead(name: string, work: () => Promise<void>): Promise<boolean> {
    const applicationName = `${this.runtime.instance}-${name}`;
    return leading({ ...databaseFrom(this.env), applicationName }, name, work);
  }

  private async reconcile(signal: AbortSignal): Promise<void> {
    const onAway = (store: string, err: Error): void => this.log.warn({ err, store }, 'a store was not swept');
    const report = await this.sweep.run({ repair: true, signal, onAway });
    if (Object.values(report).some((count) => count > 0)) this.log.info(report, 'what was left over has been removed');
    const unusedS = this.env.EMBEDDINGS_CACHE_DAYS * DAY_S;
    while (!signal.aborted && (await this.cache.prune(unusedS, CACHE_BATCH)) === CACHE_BATCH);
  }
}
