import { Inject, Injectable } from '@nestjs/common';
import type { ResolvedModel } from '@perennial/contracts-config';
import type { UserPrincipal } from '@perennial/contracts-kernel';
import {
  createProvider,
  genAiAttributes,
  genAiSpanName,
  type ChatMessage,
  type ModelConnection,
} from '@perennial/model-provider';
import { inSpan, SecretCipher } from '@perennial/runtime';
import { CHAT_ENV, type ChatEnv } from '../../env';
import { ModelCatalog } from './model-catalog';

/** Such an answer is short, but what a model thinks before it is not; this ends one that thinks in circles. */
const MAX_TOKENS = 2_000;

/** A short question that an answer's housekeeping asks a model. */
export interface TaskQuestion {
  /** What it is for, as the trace calls it. */
  task: string;
  messages: ChatMessage[];
  /** The model of the chat, for where no task model is set. */
  chatModel: string;
  principal: UserPrincipal;
  signal: AbortSignal;
}

/** The model that does the housekeeping: titles, search queries. */
@Injectable()
export class TaskModel {
  readonly #secrets: SecretCipher;

  constructor(
    @Inject(CHAT_ENV) env: ChatEnv,
    private readonly models: ModelCatalog,
  ) {
    this.#secrets = new SecretCipher(env.SECRET_KEY, 'connection-key');
  }

  /** The model's whole answer, without its thoughts. @throws CallError, ProviderError, SecretCipherError */
  async ask({ task, messages, chatModel, principal, signal }: TaskQuestion): Promise<string> {
    const { taskModel } = (await this.models.settings()).tasks;
    const model = await this.#model(taskModel, chatModel, principal);
    const { kind, baseUrl, continuation, sealedKey } = model.connection;
    const connection: ModelConnection = {
      kind,
      baseUrl,
      continuation,
      ...(sealedKey === null ? {} : { apiKey: this.#secrets.open(sealedKey) }),
    };
    const request = { model: model.upstreamModel, messages, max_tokens: MAX_TOKENS };
    const attributes = { ...genAiAttributes(connection, request), 'perennial.task': task };
    const { text } = await inSpan(genAiSpanName(request), { attributes }, () =>
      createProvider(connection).complete(request, { signal }),
    );
    return text;
  }

  /** The task model, where one is set and this user may use it; the chat's own otherwise. */
  async #model(taskModel: string | null, chatModel: string, principal: UserPrincipal): Promise<ResolvedModel> {
    if (!taskModel) return this.models.resolve(chatModel, principal);
    return this.models.resolve(taskModel, principal).catch(() => this.models.resolve(chatModel, principal));
  }
}
