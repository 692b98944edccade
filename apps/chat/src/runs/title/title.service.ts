import { Inject, Injectable } from '@nestjs/common';
import { context } from '@opentelemetry/api';
import type { UserPrincipal } from '@perennial/contracts-kernel';
import { extractTrace, type Logger, raceAbort, retryTransient, Runtime, waitAtMost } from '@perennial/runtime';
import { BrownOut } from '../brown-out';
import { ModelCatalog } from '../models/model-catalog';
import { TaskModel } from '../models/task-model';
import { ProcessRegistry } from '../ownership/process-registry';
import type { ClaimedTitle } from '../types/run';
import { UserEvents } from '../user-events';
import { TitleRepository } from './title.repository';
import { firstWords, titleOf, titlePrompt } from './title-text';

const SWEEP_MS = 2_000;
const BATCH = 20;
/** After this many unfinished attempts the model is not called again. */
const MAX_TRIES = 3;
/** A late title is of little use. */
const LIMIT_MS = 60_000;
/** Users wait for the answer's first words: the title's own model call starts this much later. */
const HEAD_START_MS = 1_500;

/**
 * Makes the titles of new chats, beside their first answer. If a process dies another takes its titles over: making a title is repeatable.
 */
@Injectable()
export class TitleService {
  private readonly abort = new AbortController();
  /** Those in the making, by key. */
  private readonly making = new Map<string, Promise<void>>();
  private readonly log: Logger;

  constructor(
    @Inject(Runtime) private readonly runtime: Runtime,
    private readonly repository: TitleRepository,
    private readonly registry: ProcessRegistry,
    private readonly models: ModelCatalog,
    private readonly taskModel: TaskModel,
    private readonly events: UserEvents,
    private readonly brownOut: BrownOut,
  ) {
    this.log = runtime.logger('titles');
  }

  /** Starts to pick up abandoned titles. */
  startSweeping(): void {
    this.runtime.every(
      SWEEP_MS,
      async () => {
        const claimed = await this.repository.claim(this.registry.id, BATCH, [...this.making.keys()]);
        for (const title of claimed) this.begin(title);
      },
      { name: 'sweep titles', jitter: 0.3 },
    );
  }

  /** Makes a claimed title in the background, a moment after its answer was started, or when that is over. */
  begin(claimed: ClaimedTitle, answer: Promise<void> = Promise.resolve()): void {
    const owner = this.registry.id;
    // It belongs to the trace of its turn, not to that of the job or sweep.
    const turn = extractTrace({ traceparent: claimed.traceparent ?? undefined });
    const { key } = claimed;
    const making = this.afterHeadStart(answer)
      .then(() => context.with(turn, () => this.make(claimed, owner)))
      .catch((error: unknown) => this.log.warn({ err: error }, 'a title was not made'))
      .finally(() => this.making.delete(key));
    this.making.set(key, making);
  }

  /** Stops; unfinished titles are free for others as soon as this process is unregistered. */
  async stop(): Promise<void> {
    this.abort.abort();
    await Promise.all(this.making.values());
  }

  private async afterHeadStart(answer: Promise<void>): Promise<void> {
    await raceAbort(waitAtMost(answer, HEAD_START_MS), this.abort.signal).catch(() => undefined);
  }

  private async make(claimed: ClaimedTitle, owner: string): Promise<void> {
    if (this.abort.signal.aborted) return;
    const { key, payload, user_id: userId, chat_id: chatId } = claimed;
    const { signal } = this.abort;
    const asked = await raceAbort(this.ask(claimed), signal).catch(() => undefined);
    if (signal.aborted) return;
    const title = asked ?? firstWords(payload.text);
    const renamed = await retryTransient(() => this.repository.complete(key, owner, title), { signal });
    if (renamed) this.events.titled(userId, chatId, payload.messageId, title);
  }

  private async ask({ payload, tries, principal }: ClaimedTitle): Promise<string | undefined> {
    if (tries > MAX_TRIES) return undefined;
    try {
      const { tasks } = await this.models.settings();
      if (!tasks.titleGeneration || !this.brownOut.admits('title')) return undefined;
      const text = await this.taskModel.ask({
        task: 'title',
        messages: [{ role: 'user', content: titlePrompt(tasks.titlePrompt, payload.text) }],
        chatModel: payload.modelId,
        principal: principal as UserPrincipal,
        signal: AbortSignal.any([this.abort.signal, AbortSignal.timeout(LIMIT_MS)]),
      });
      return titleOf(text);
    } catch (error) {
      // The chat is named after its message instead.
      this.log.info({ err: error }, 'the model made no title');
      return undefined;
    }
  }
}
