import { Inject, Injectable } from '@nestjs/common';
import type { UserPrincipal } from '@perennial/contracts-kernel';
import type { ChatMessage } from '@perennial/model-provider';
import { type Logger, raceAbort, Runtime } from '@perennial/runtime';
import { CHAT_ENV, type ChatEnv } from '../../env';
import { BrownOut } from '../brown-out';
import { ModelCatalog } from '../models/model-catalog';
import { TaskModel } from '../models/task-model';
import { cutText } from '../types/cut-text';
import { parseQueries, queryPrompt } from './query-text';
import { questionOf } from './run-documents';

/** Longest query of a search. */
const QUESTION_CHARS = 8_000;
/** The query for a message with files only. */
const NO_WORDS = 'Summary of the document';

/** Generates search queries for documents. */
@Injectable()
export class QueryWriter {
  private readonly log: Logger;

  constructor(
    @Inject(CHAT_ENV) private readonly env: ChatEnv,
    @Inject(Runtime) runtime: Runtime,
    private readonly models: ModelCatalog,
    private readonly tasks: TaskModel,
    private readonly brownOut: BrownOut,
  ) {
    this.log = runtime.logger('queries');
  }

  /**
   * The model's queries; the user's own words if the model must not be called, is slow, fails or returns none. Rejects only when `signal` is
   * aborted.
   */
  async queriesFor(
    conversation: readonly ChatMessage[],
    chatModel: string,
    principal: UserPrincipal,
    signal: AbortSignal,
  ): Promise<string[]> {
    const words = [cutText(questionOf(conversation), QUESTION_CHARS).trim() || NO_WORDS];
    const limit = AbortSignal.any([signal, AbortSignal.timeout(this.env.DOCUMENTS_TIMEOUT_MS)]);
    try {
      // A config service that does not answer must not delay the answer either.
      return (await raceAbort(this.ask(conversation, chatModel, principal, limit), limit)) ?? words;
    } catch (error) {
      if (signal.aborted) throw error;
      this.log.info({ err: error }, 'the model generated no queries');
      return words;
    }
  }

  private async ask(
    conversation: readonly ChatMessage[],
    chatModel: string,
    principal: UserPrincipal,
    signal: AbortSignal,
  ): Promise<string[] | undefined> {
    const { tasks } = await this.models.settings();
    if (!tasks.queryGeneration || !this.brownOut.admits('queries')) return undefined;
    const prompt = queryPrompt(tasks.queryPrompt, conversation, new Date());
    const messages = [{ role: 'user', content: prompt }];
    return parseQueries(await this.tasks.ask({ task: 'queries', messages, chatModel, principal, signal }));
  }
}
