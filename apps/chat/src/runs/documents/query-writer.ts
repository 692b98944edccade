import { Inject, Injectable } from '@nestjs/common';
import type { UserPrincipal } from '@perennial/contracts-kernel';
import type { ChatMessage } from '@perennial/model-provider';
import { Runtime, type Logger } from '@perennial/runtime';
import { CHAT_ENV, type ChatEnv } from '../../env';
import { raceAbort } from '../generation/retry-transient';
import { cutText } from '../types/cut-text';
import { ModelCatalog } from '../models/model-catalog';
import { TaskModel } from '../models/task-model';
import { questionOf } from './run-documents';
import { parseQueries, queryPrompt } from './query-text';

/** The longest that one search may be asked. */
const QUESTION_CHARS = 8_000;
/** A message without words, only with files. */
const NO_WORDS = 'Summary of the document';

/** Words what documents are searched for. */
@Injectable()
export class QueryWriter {
  readonly #log: Logger;

  constructor(
    @Inject(CHAT_ENV) private readonly env: ChatEnv,
    @Inject(Runtime) runtime: Runtime,
    private readonly models: ModelCatalog,
    private readonly tasks: TaskModel,
  ) {
    this.#log = runtime.logger('queries');
  }

  /**
   * What a model makes of the conversation; the user's own words where it may not be asked, is slow, fails or makes nothing of it.
   * Rejects only when `signal` is aborted.
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
      // A config service that is silent must not hold up the answer either.
      return (await raceAbort(this.#ask(conversation, chatModel, principal, limit), limit)) ?? words;
    } catch (error) {
      if (signal.aborted) throw error;
      this.#log.info({ err: error }, 'the model worded no queries');
      return words;
    }
  }

  async #ask(
    conversation: readonly ChatMessage[],
    chatModel: string,
    principal: UserPrincipal,
    signal: AbortSignal,
  ): Promise<string[] | undefined> {
    const { tasks } = await this.models.settings();
    if (!tasks.queryGeneration) return undefined;
    const prompt = queryPrompt(tasks.queryPrompt, conversation, new Date());
    const messages = [{ role: 'user', content: prompt }];
    return parseQueries(await this.tasks.ask({ task: 'queries', messages, chatModel, principal, signal }));
  }
}
