import { Inject, Injectable } from '@nestjs/common';
import type { UserPrincipal } from '@perennial/contracts-kernel';
import { type Logger, raceAbort, retryTransient, Runtime } from '@perennial/runtime';
import { BrownOut } from '../brown-out';
import { ModelCatalog } from '../models/model-catalog';
import { TaskModel } from '../models/task-model';
import type { ClaimedEffect } from '../types/run';
import { UserEvents } from '../user-events';
import { LIMIT_MS, MAX_TRIES } from './limits';
import { SideEffectsRepository } from './side-effects.repository';
import { firstWords, titleOf, titlePrompt } from './title-text';

/** Names a new chat by what its first message is about. */
@Injectable()
export class TitleMaker {
  private readonly log: Logger;

  constructor(
    @Inject(Runtime) runtime: Runtime,
    private readonly repository: SideEffectsRepository,
    private readonly models: ModelCatalog,
    private readonly taskModel: TaskModel,
    private readonly events: UserEvents,
    private readonly brownOut: BrownOut,
  ) {
    this.log = runtime.logger('titles');
  }

  async make(claimed: ClaimedEffect, owner: string, signal: AbortSignal): Promise<void> {
    const { key, payload, user_id: userId, chat_id: chatId } = claimed;
    const asked = await raceAbort(this.ask(claimed, signal), signal).catch(() => undefined);
    if (signal.aborted) return;
    const title = asked ?? firstWords(payload.text);
    const renamed = await retryTransient(() => this.repository.completeTitle(key, owner, title), { signal });
    if (renamed) this.events.titled(userId, chatId, payload.messageId, title);
  }

  private async ask({ payload, tries, principal }: ClaimedEffect, signal: AbortSignal): Promise<string | undefined> {
    if (tries > MAX_TRIES) return undefined;
    try {
      const { tasks } = await this.models.settings();
      if (!tasks.titleGeneration || !this.brownOut.admits('title')) return undefined;
      const text = await this.taskModel.ask({
        task: 'title',
        messages: [{ role: 'user', content: titlePrompt(tasks.titlePrompt, payload.text) }],
        chatModel: payload.modelId,
        principal: principal as UserPrincipal,
        signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
      });
      return titleOf(text);
    } catch (error) {
      // The chat is named after its message instead.
      this.log.info({ err: error }, 'the model made no title');
      return undefined;
    }
  }
}
