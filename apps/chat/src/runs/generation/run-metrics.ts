import { Inject, Injectable } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { OwnershipRepository } from '../ownership/ownership.repository';
import type { TokenUsage } from '@perennial/transport';

/** Seconds from the accept to the first token. */
const FIRST_TOKEN_BUCKETS = [0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 6, 12, 30, 60, 120, 300];

/** What an operator watches of the runs. */
@Injectable()
export class RunMetrics {
  readonly #ended;
  readonly #firstToken;
  readonly #tokens;
  readonly #takeOvers;

  constructor(@Inject(Runtime) runtime: Runtime, repository: OwnershipRepository) {
    const { metrics } = runtime;
    this.#ended = metrics.counter('runs_ended_total', 'Runs that ended, by how', ['state']);
    this.#firstToken = metrics.histogram(
      'run_first_token_seconds',
      'From the accept of a run to its first token',
      [],
      FIRST_TOKEN_BUCKETS,
    );
    this.#tokens = metrics.counter('tokens_total', 'Tokens as providers reported them', ['kind']);
    this.#takeOvers = metrics.counter('run_takeovers_total', 'Takes of a run that had an owner before');
    metrics.gauge('runs', 'Runs that are not over, by state, in the whole installation', ['state'], async (gauge) => {
      const counts = await repository.countByState().catch(() => []);
      for (const state of ['queued', 'running']) {
        gauge.set({ state }, counts.find((row) => row.state === state)?.count ?? 0);
      }
    });
  }

  taken(epoch: number): void {
    if (epoch > 1) this.#takeOvers.inc();
  }

  firstToken(seconds: number): void {
    this.#firstToken.observe(seconds);
  }

  ended(state: string, usage: TokenUsage | undefined): void {
    this.#ended.inc({ state });
    if (!usage) return;
    this.#tokens.inc({ kind: 'prompt' }, usage.prompt_tokens);
    this.#tokens.inc({ kind: 'completion' }, usage.completion_tokens);
  }
}
