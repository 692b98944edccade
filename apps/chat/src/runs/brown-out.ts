import { Inject, Injectable } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';

/**
 * The order in which work is given up under load, the first one first: the share of the capacity up to which it may begin. Without follow-ups
 * nothing is missed, without the title's call a chat is named after its message, without queries the message itself is searched for; an answer is always worth its cost. Only calls of
 * models are given up here: searches themselves are bounded by the retrieval service.
 */
const ORDER = { follow_ups: 0.6, title: 0.7, queries: 0.85, answer: 1 } as const;

/** Share of the queue, and of the places of a worker that accepts, for users who have no answer that waits or is being written. */
export const RESERVE = 0.1;

/** What a model is called for. */
export type ModelWork = keyof typeof ORDER;

/** Capacity that work may use when this is the rest: `most` of a whole, at least one. */
export function shareOf(work: ModelWork, most: number): number {
  return Math.max(1, Math.floor(ORDER[work] * most));
}

/** Sheds the least important work of a worker that is nearly full. */
@Injectable()
export class BrownOut {
  private readonly shed;

  constructor(@Inject(Runtime) runtime: Runtime) {
    this.shed = runtime.metrics.counter('model_work_shed_total', 'Calls of models that were given up under load', [
      'work',
    ]);
  }

  /** The share of this worker's places that is used, from 0 to 1. */
  load: () => number = () => 0;

  /** Whether the work may begin; a refusal is counted. */
  admits(work: ModelWork): boolean {
    if (work === 'answer' || this.load() < ORDER[work]) return true;
    this.gaveUp(work);
    return false;
  }

  gaveUp(work: ModelWork): void {
    this.shed.inc({ work });
  }
}
