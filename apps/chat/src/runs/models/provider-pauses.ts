import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { defineNotice } from '@perennial/contracts-kernel';
import { ProviderError } from '@perennial/model-provider';
import { jittered } from '@perennial/runtime';
import { Notices } from '@perennial/transport';
import { z } from 'zod';

/** Longest pause that a notice may tell, in milliseconds. */
const MOST_TOLD_MS = 60_000;
/** Longest pause that is kept: it may have been meant for one request or one user of the provider only. */
const LONGEST_MS = 30_000;
/** After this share of a pause one call is let through to see whether it still holds, and then again. */
const TRIAL_SHARE = 1 / 3;
const LEAST_TRIAL_MS = 2_500;
/** Models of connections with a pause; more than any installation uses at once. */
const MAX_PAUSES = 1_000;

/**
 * Sent by the worker whom a provider has asked to wait (429 with `Retry-After`); the others wait as well instead of each asking once more. Lost, each
 * learns it from the provider. `id` names the connection and the model without telling them.
 */
const PROVIDER_BUSY = defineNotice(
  'chat.provider.busy',
  z.object({ id: z.string().max(64), forMs: z.number().int().min(1).max(MOST_TOLD_MS) }),
);

/** The provider has answered a call during its pause. */
const PROVIDER_ANSWERS = defineNotice('chat.provider.answers', z.object({ id: z.string().max(64) }));

interface Pause {
  since: number;
  /** In milliseconds of the monotonic clock. */
  until: number;
  nextTrialAt: number;
  trialMs: number;
}

/** The pauses that providers have asked for, in the whole fleet. */
@Injectable()
export class ProviderPauses implements OnModuleInit {
  private readonly pauses = new Map<string, Pause>();

  constructor(@Inject(Notices) private readonly notices: Notices) {}

  async onModuleInit(): Promise<void> {
    await this.notices.subscribe(PROVIDER_BUSY, ({ id, forMs }) => this.begin(id, forMs));
    await this.notices.subscribe(PROVIDER_ANSWERS, ({ id }) => this.pauses.delete(id));
  }

  /** Milliseconds for which the provider wants to be left alone; 0: the call may be made, perhaps as a trial. */
  leftMs(id: string, now = performance.now()): number {
    const pause = this.pauses.get(id);
    if (pause === undefined) return 0;
    const left = pause.until - now;
    if (left <= 0) this.pauses.delete(id);
    if (left > 0 && now < pause.nextTrialAt) return left;
    pause.nextTrialAt = now + jittered(pause.trialMs);
    return 0;
  }

  /** A call was answered that was made within a pause: the pause does not hold for all. */
  answered(id: string, madeAt: number): void {
    const pause = this.pauses.get(id);
    if (pause === undefined || madeAt < pause.since) return;
    this.pauses.delete(id);
    this.notices.publish(PROVIDER_ANSWERS, { id }).catch(() => undefined);
  }

  /** Remembers the pause that the provider asks for, if the error does, and tells the other workers. */
  learn(id: string, error: unknown): void {
    if (!(error instanceof ProviderError) || error.code !== 'RATE_LIMITED' || !error.retryAfter) return;
    const forMs = Math.ceil(Math.min(MOST_TOLD_MS, error.retryAfter * 1_000));
    this.begin(id, forMs);
    this.notices.publish(PROVIDER_BUSY, { id, forMs }).catch(() => undefined);
  }

  private begin(id: string, forMs: number, now = performance.now()): void {
    const lengthMs = Math.min(LONGEST_MS, forMs);
    const until = now + lengthMs;
    const known = this.pauses.get(id);
    if (known && until <= known.until) return;
    const trialMs = Math.max(LEAST_TRIAL_MS, lengthMs * TRIAL_SHARE);
    this.pauses.delete(id);
    this.pauses.set(id, { since: now, until, trialMs, nextTrialAt: now + jittered(trialMs) });
    if (this.pauses.size > MAX_PAUSES) this.pauses.delete(this.pauses.keys().next().value!);
  }
}
