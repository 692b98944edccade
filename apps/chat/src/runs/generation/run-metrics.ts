import { Inject, Injectable } from '@nestjs/common';
import { BoundedLabel, Runtime } from '@perennial/runtime';
import type { TokenUsage } from '@perennial/transport';
import { observeBacklog } from '@perennial/work';
import { OwnershipRepository } from '../ownership/ownership.repository';
import { ProcessRegistry } from '../ownership/process-registry';

/** Seconds from the accept to the first token. */
const FIRST_TOKEN_BUCKETS = [0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 6, 12, 30, 60, 120, 300];

/** Models and providers with series of their own; an installation may have thousands of models. */
const MAX_MODELS = 50;
const MAX_PROVIDERS = 20;
const MAX_REASONS = 30;

/** Provider and model of an answer. */
export interface AnsweredBy {
  model: string;
  /** Host of the provider's address; unknown if none was called. */
  provider?: string;
}

/** The provider's host, which names it without its path and keys. */
export function providerHost(baseUrl: string): string {
  return URL.canParse(baseUrl) ? new URL(baseUrl).host : 'invalid';
}

/** Metrics of runs for operators. */
@Injectable()
export class RunMetrics {
  private readonly endedTotal;
  private readonly firstTokenSeconds;
  private readonly tokens;
  private readonly takeOvers;
  private readonly models = new BoundedLabel(MAX_MODELS);
  private readonly reasons = new BoundedLabel(MAX_REASONS);
  private readonly providers = new BoundedLabel(MAX_PROVIDERS);

  constructor(@Inject(Runtime) runtime: Runtime, repository: OwnershipRepository, registry: ProcessRegistry) {
    const { metrics } = runtime;
    this.endedTotal = metrics.counter('runs_ended_total', 'Runs that ended: how, why, and with which model', [
      'state',
      'reason',
      'provider',
      'model',
    ]);
    this.firstTokenSeconds = metrics.histogram(
      'run_first_token_seconds',
      'Time from the accept of a run to its first token',
      ['provider', 'model'],
      FIRST_TOKEN_BUCKETS,
    );
    this.tokens = metrics.counter('tokens_total', 'Tokens reported by providers', ['kind', 'provider', 'model']);
    this.takeOvers = metrics.counter('run_takeovers_total', 'Claims of runs that had an earlier owner');
    const help = 'Runs that are not over, by state, in the whole installation; exported by one of its processes';
    const backlog = observeBacklog(metrics, 'runs', () => repository.backlog(registry.id));
    metrics.gauge('runs', help, ['state'], backlog);
  }

  claimed(epoch: number): void {
    if (epoch > 1) this.takeOvers.inc();
  }

  firstToken(seconds: number, of: AnsweredBy): void {
    this.firstTokenSeconds.observe(this.labels(of), seconds);
  }

  /** @param reason the provider's finish reason, or the error's code */
  ended(state: string, reason: string | undefined, usage: TokenUsage | undefined, of: AnsweredBy): void {
    const labels = this.labels(of);
    this.endedTotal.inc({ state, reason: this.reasons.of(reason ?? 'none'), ...labels });
    if (!usage) return;
    this.tokens.inc({ kind: 'prompt', ...labels }, usage.prompt_tokens);
    this.tokens.inc({ kind: 'completion', ...labels }, usage.completion_tokens);
  }

  private labels({ model, provider }: AnsweredBy): { model: string; provider: string } {
    return { model: this.models.of(model), provider: this.providers.of(provider ?? 'none') };
  }
}
