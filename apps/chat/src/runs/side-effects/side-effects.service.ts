import { Inject, Injectable } from '@nestjs/common';
import { context } from '@opentelemetry/api';
import { extractTrace, type Logger, raceAbort, Runtime, waitAtMost } from '@perennial/runtime';
import { ProcessRegistry } from '../ownership/process-registry';
import type { ClaimedEffect } from '../types/run';
import { FollowUpMaker } from './follow-up-maker';
import { SideEffectsRepository } from './side-effects.repository';
import { TitleMaker } from './title-maker';

const SWEEP_MS = 2_000;
const BATCH = 20;
/** Users wait for the answer's first words: the title's own model call starts this much later. */
const HEAD_START_MS = 1_500;

/**
 * Makes titles beside first answers, and follow-ups after answers. If a process dies another takes them over: making them is repeatable.
 */
@Injectable()
export class SideEffects {
  private readonly abort = new AbortController();
  /** Those in the making, by key. */
  private readonly making = new Map<string, Promise<void>>();
  private readonly makers: Readonly<Record<ClaimedEffect['kind'], Pick<TitleMaker, 'make'>>>;
  private readonly log: Logger;

  constructor(
    @Inject(Runtime) private readonly runtime: Runtime,
    private readonly repository: SideEffectsRepository,
    private readonly registry: ProcessRegistry,
    titles: TitleMaker,
    followUps: FollowUpMaker,
  ) {
    this.makers = { title: titles, follow_ups: followUps };
    this.log = runtime.logger('side-effects');
  }

  /** Starts to pick up what was abandoned. */
  startSweeping(): void {
    this.runtime.every(
      SWEEP_MS,
      async () => {
        const claimed = await this.repository.claim(this.registry.id, BATCH, [...this.making.keys()]);
        for (const effect of claimed) this.begin(effect);
      },
      { name: 'sweep side effects', jitter: 0.3 },
    );
  }

  /** Makes what was claimed in the background, a moment after an answer was started, or when that is over. */
  begin(claimed: ClaimedEffect, answer: Promise<void> = Promise.resolve()): void {
    const owner = this.registry.id;
    // It belongs to the trace of its turn, not to that of the job or sweep.
    const turn = extractTrace({ traceparent: claimed.traceparent ?? undefined });
    const { key, kind } = claimed;
    const making = this.afterHeadStart(answer)
      .then(() => context.with(turn, () => this.make(claimed, owner)))
      .catch((error: unknown) => this.log.warn({ err: error, kind }, 'a side effect was not made'))
      .finally(() => this.making.delete(key));
    this.making.set(key, making);
  }

  /** Stops; what is unfinished is free for others as soon as this process is unregistered. */
  async stop(): Promise<void> {
    this.abort.abort();
    await Promise.all(this.making.values());
  }

  private async afterHeadStart(answer: Promise<void>): Promise<void> {
    await raceAbort(waitAtMost(answer, HEAD_START_MS), this.abort.signal).catch(() => undefined);
  }

  private async make(claimed: ClaimedEffect, owner: string): Promise<void> {
    if (!this.abort.signal.aborted) await this.makers[claimed.kind].make(claimed, owner, this.abort.signal);
  }
}
