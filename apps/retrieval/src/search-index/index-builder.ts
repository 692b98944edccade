import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { CallError } from '@perennial/contracts-kernel';
import { type IndexComparisonReport, RETRIEVAL_SETTINGS_CHANGED } from '@perennial/contracts-retrieval';
import { type Logger, Runtime } from '@perennial/runtime';
import { Notices } from '@perennial/transport';
import { VectorStoreError } from '@perennial/vector-store';
import { EmbeddingError } from '../embedding/embedding-error';
import { isWorker, RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { BuildSteps, FindsTooLittle } from './build-steps';
import { BuildsRepository, type IndexBuild } from './builds.repository';
import { IndexRequests } from './index-requests';

const TICK_MS = 1_000;
/** The builder renews its lease each `RENEW_MS`; after `LEASE_S` without a renewal another process continues. */
const RENEW_MS = 2_000;
const LEASE_S = 6;
/** Tries for files whose placement's store is away, with back-off for half a minute in all; then the others no longer wait for them. */
const TRIES_FOR_AWAY = 5;

/**
 * Builds the requested index: fills it while the old one answers, and switches when nothing is missing. The progress is in Postgres and in
 * the store, so a take-over continues where the last builder stopped; one worker at a time builds.
 */
@Injectable()
export class IndexBuilder implements OnApplicationBootstrap {
  /** Owner id of this process in leases. */
  private readonly owner = randomUUID();
  private readonly log: Logger;

  constructor(
    private readonly builds: BuildsRepository,
    private readonly steps: BuildSteps,
    private readonly requests: IndexRequests,
    private readonly notices: Notices,
    @Inject(Runtime) private readonly runtime: Runtime,
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
  ) {
    this.log = runtime.logger('index-builder');
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!isWorker(this.env)) return;
    const work = this.runtime.every(TICK_MS, (signal) => this.tick(signal), { name: 'build the wanted index' });
    await this.notices.subscribe(RETRIEVAL_SETTINGS_CHANGED, () => work.trigger());
  }

  private async tick(signal: AbortSignal): Promise<void> {
    await this.requests.notice();
    const build = await this.builds.claim(this.owner, LEASE_S);
    if (build) await this.work(build, signal);
  }

  private async work(build: IndexBuild, signal: AbortSignal): Promise<void> {
    const lost = new AbortController();
    const stop = AbortSignal.any([signal, lost.signal]);
    const renewal = setInterval(() => {
      this.builds.renew(this.owner, build.id, LEASE_S).then(
        (mine) => !mine && lost.abort(),
        // The database is away: the work fails by itself, or the lease expires.
        () => undefined,
      );
    }, RENEW_MS);
    try {
      await this.build(build, stop);
    } catch (error) {
      if (lost.signal.aborted) return;
      if (signal.aborted) return await this.builds.release(this.owner);
      const paused = error instanceof FindsTooLittle;
      await this.builds.fail(this.owner, build.id, { error: reasonOf(error, build.store), paused });
      this.log.warn({ err: error, model: build.model, paused }, 'failed to fill the new index');
    } finally {
      clearInterval(renewal);
    }
  }

  private async build(build: IndexBuild, signal: AbortSignal): Promise<void> {
    const mine = { owner: this.owner, buildId: build.id };
    const building = await this.steps.begin(build, mine, signal);
    if (!building) return;
    const { index, movesFrom } = building;
    let comparison: IndexComparisonReport | undefined;
    for (;;) {
      const { whole, away } = await this.steps.fill(building, mine, signal);
      if (!whole) continue;
      const without = [...away.keys()];
      if (away.size > 0 && build.failures < TRIES_FOR_AWAY) {
        const reasons = [...away].map(
          ([name, { message }]) => `The vector store of the placement "${name}": ${message}`,
        );
        throw new CallError('UNAVAILABLE', reasons.join('; '));
      }
      if (movesFrom && !comparison) {
        const { minRecall } = build;
        comparison = await this.steps.compare({ ...building, movesFrom }, mine, { minRecall, signal });
        continue;
      }
      const switched = await this.steps.switchTo(building, mine, { without, comparison });
      if (switched === 'missing') continue;
      const { id, model, store } = index;
      if (switched === 'done') this.log.info({ index: id, model, store, without, comparison }, 'active index changed');
      return;
    }
  }
}

/** Why indexing does not continue, for an admin. An unexpected error's stack is in the log only. */
function reasonOf(error: unknown, store: string | null): string {
  if (error instanceof EmbeddingError) return error.message;
  if (error instanceof VectorStoreError)
    return `The vector store${store === null ? '' : ` "${store}"`}: ${error.message}`;
  if (error instanceof CallError || error instanceof FindsTooLittle) return error.message;
  return 'An unexpected error; the log of the retrieval worker has it';
}
