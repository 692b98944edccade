import { Inject, Injectable } from '@nestjs/common';
import type { UserPrincipal } from '@perennial/contracts-kernel';
import { type Logger, raceAbort, retryTransient, Runtime } from '@perennial/runtime';
import { BrownOut } from '../brown-out';
import { ModelCatalog } from '../models/model-catalog';
import { TaskModel } from '../models/task-model';
import type { ClaimedEffect } from '../types/run';
import { UserEvents } from '../user-events';
import { followUpPrompt, parseFollowUps } from './follow-up-text';
import { LIMIT_MS, MAX_TRIES } from './limits';
import { SideEffectsRepository } from './side-effects.repository';

/** Writes what one might ask next, after an answer has ended. */
@Injectable()
export class FollowUpMaker {
  private readonly log: Logger;

  constructor(
    @Inject(Runtime) runtime: Runtime,
    private readonly repository: SideEffectsRepository,
    private readonly models: ModelCatalog,
    private readonly taskModel: TaskModel,
    private readonly events: UserEvents,
    private readonly brownOut: BrownOut,
  ) {
    this.log = runtime.logger('follow-ups');
  }

  async make(claimed: ClaimedEffect, owner: string, signal: AbortSignal): Promise<void> {
    const { key, payload, user_id: userId, chat_id: chatId } = claimed;
    const { messageId } = payload;
    const followUps = (await raceAbort(this.ask(claimed, signal), signal).catch(() => undefined)) ?? [];
    if (signal.aborted) return;
    const complete = () => this.repository.completeFollowUps(key, owner, messageId, followUps);
    if (await retryTransient(complete, { signal })) this.events.followUps(userId, chatId, messageId, followUps);
  }

  private async ask(claimed: ClaimedEffect, signal: AbortSignal): Promise<string[] | undefined> {
    const { payload, tries, principal, chat_id: chatId } = claimed;
    if (tries > MAX_TRIES) return undefined;
    try {
      const { tasks } = await this.models.settings();
      if (!tasks.followUpGeneration || !this.brownOut.admits('follow_ups')) return undefined;
      const conversation = await this.repository.conversation(chatId, payload.messageId);
      // Who has asked the next question needs no suggestion for it.
      if (!conversation || conversation.goneOn) return undefined;
      const content = followUpPrompt(tasks.followUpPrompt, conversation.messages, new Date());
      const text = await this.taskModel.ask({
        task: 'follow_ups',
        messages: [{ role: 'user', content }],
        chatModel: payload.modelId,
        principal: principal as UserPrincipal,
        signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
      });
      return parseFollowUps(text);
    } catch (error) {
      this.log.info({ err: error }, 'the model made no follow-ups');
      return undefined;
    }
  }
}
