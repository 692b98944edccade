import { Inject, Injectable } from '@nestjs/common';
import type { Settings } from '@perennial/contracts-config';
import type { UserPrincipal } from '@perennial/contracts-kernel';
import { type Logger, raceAbort, Runtime } from '@perennial/runtime';
import { BrownOut } from '../brown-out';
import { ModelCatalog } from '../models/model-catalog';
import { TaskModel } from '../models/task-model';
import type { ClaimedEffect } from '../types/run';

/** After this many unfinished attempts the model is not called again. */
const MAX_TRIES = 3;
/** What comes later than this is of little use. */
const LIMIT_MS = 60_000;

type Tasks = Settings['tasks'];

/** What a side effect asks. */
export interface EffectQuestion<Answer> {
  isWanted: (tasks: Tasks) => boolean;
  /** Undefined: nothing is to be asked any more. */
  prompt: (tasks: Tasks) => Promise<string | undefined> | string;
  read: (answer: string) => Answer | undefined;
}

/** The task model, as side effects ask it: where an administrator wants them, within limits, and while the load of answers allows it. */
@Injectable()
export class EffectModel {
  private readonly log: Logger;

  constructor(
    @Inject(Runtime) runtime: Runtime,
    private readonly models: ModelCatalog,
    private readonly taskModel: TaskModel,
    private readonly brownOut: BrownOut,
  ) {
    this.log = runtime.logger('side-effects');
  }

  /** What was read in the model's answer; undefined without one. Never rejects. */
  async ask<Answer>(
    claimed: ClaimedEffect,
    question: EffectQuestion<Answer>,
    signal: AbortSignal,
  ): Promise<Answer | undefined> {
    if (claimed.tries > MAX_TRIES) return undefined;
    return raceAbort(this.answer(claimed, question, signal), signal).catch((error: unknown) => {
      if (!signal.aborted) this.log.info({ err: error, kind: claimed.kind }, 'the task model made no side effect');
      return undefined;
    });
  }

  private async answer<Answer>(
    { kind, payload, principal }: ClaimedEffect,
    { isWanted, prompt, read }: EffectQuestion<Answer>,
    signal: AbortSignal,
  ): Promise<Answer | undefined> {
    const { tasks } = await this.models.settings();
    if (!isWanted(tasks) || !this.brownOut.admits(kind)) return undefined;
    const content = await prompt(tasks);
    if (content === undefined) return undefined;
    const text = await this.taskModel.ask({
      task: kind,
      messages: [{ role: 'user', content }],
      chatModel: payload.modelId,
      principal: principal as UserPrincipal,
      signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
    });
    return read(text);
  }
}
