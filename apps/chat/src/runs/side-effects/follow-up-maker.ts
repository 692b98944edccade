import { Injectable } from '@nestjs/common';
import { retryTransient } from '@perennial/runtime';
import type { ClaimedEffect } from '../types/run';
import { UserEvents } from '../user-events';
import { EffectModel, type EffectQuestion } from './effect-model';
import { followUpPrompt, parseFollowUps } from './follow-up-text';
import { SideEffectsRepository } from './side-effects.repository';

/** Writes what one might ask next, after an answer has ended. */
@Injectable()
export class FollowUpMaker {
  constructor(
    private readonly repository: SideEffectsRepository,
    private readonly model: EffectModel,
    private readonly events: UserEvents,
  ) {}

  async make(claimed: ClaimedEffect, owner: string, signal: AbortSignal): Promise<void> {
    const { key, payload, user_id: userId, chat_id: chatId } = claimed;
    const { messageId } = payload;
    const question: EffectQuestion<string[]> = {
      isWanted: ({ followUpGeneration }) => followUpGeneration,
      prompt: async (tasks) => {
        const conversation = await this.repository.conversation(chatId, messageId);
        // Who has asked the next question needs no suggestion for it.
        if (!conversation || conversation.goneOn) return undefined;
        return followUpPrompt(tasks.followUpPrompt, conversation.messages, new Date());
      },
      read: parseFollowUps,
    };
    const followUps = (await this.model.ask(claimed, question, signal)) ?? [];
    if (signal.aborted) return;
    const complete = () => this.repository.completeFollowUps(key, owner, messageId, followUps);
    if (await retryTransient(complete, { signal })) this.events.followUps(userId, chatId, messageId, followUps);
  }
}
