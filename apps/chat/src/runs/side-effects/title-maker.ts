import { Injectable } from '@nestjs/common';
import { retryTransient } from '@perennial/runtime';
import type { ClaimedEffect } from '../types/run';
import { UserEvents } from '../user-events';
import { EffectModel, type EffectQuestion } from './effect-model';
import { SideEffectsRepository } from './side-effects.repository';
import { firstWords, titleOf, titlePrompt } from './title-text';

/** Names a new chat by what its first message is about; if the model does not, after the message itself. */
@Injectable()
export class TitleMaker {
  constructor(
    private readonly repository: SideEffectsRepository,
    private readonly model: EffectModel,
    private readonly events: UserEvents,
  ) {}

  async make(claimed: ClaimedEffect, owner: string, signal: AbortSignal): Promise<void> {
    const { key, payload, user_id: userId, chat_id: chatId } = claimed;
    const question: EffectQuestion<string> = {
      isWanted: ({ titleGeneration }) => titleGeneration,
      prompt: (tasks) => titlePrompt(tasks.titlePrompt, payload.text),
      read: titleOf,
    };
    const asked = await this.model.ask(claimed, question, signal);
    if (signal.aborted) return;
    const title = asked ?? firstWords(payload.text);
    const renamed = await retryTransient(() => this.repository.completeTitle(key, owner, title), { signal });
    if (renamed) this.events.titled(userId, chatId, payload.messageId, title);
  }
}
