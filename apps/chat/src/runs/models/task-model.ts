import { Inject, Injectable } from '@nestjs/common';
import type { ResolvedModel } from '@perennial/contracts-config';
import type { UserPrincipal } from '@perennial/contracts-kernel';
import {
  type ChatMessage,
  createProvider,
  genAiAttributes,
  genAiSpanName,
  type ModelConnection,
} from '@perennial/model-provider';
import { inSpan, SecretCipher, secretKeys } from '@perennial/runtime';
import { CHAT_ENV, type ChatEnv } from '../../env';
import type { ModelWork } from '../brown-out';
import { ModelCatalog } from './model-catalog';
import { ProviderGate } from './provider-gate';

/** The answer is short, but the model's thoughts before it are not; this stops endless thinking. */
const MAX_TOKENS = 2_000;

/** A short auxiliary request to a model. */
export interface TaskQuestion {
  /** Name of the task in the trace. */
  task: Exclude<ModelWork, 'answer'>;
  messages: ChatMessage[];
  /** The chat's model, used if no task model is set. */
  chatModel: string;
  principal: UserPrincipal;
  signal: AbortSignal;
}

/** The model for auxiliary tasks: titles, search queries. */
@Injectable()
export class TaskModel {
  private readonly secrets: SecretCipher;

  constructor(
    @Inject(CHAT_ENV) env: ChatEnv,
    private readonly models: ModelCatalog,
    private readonly gate: ProviderGate,
  ) {
    this.secrets = new SecretCipher(secretKeys(env), 'connection-key');
  }

  /** The model's whole answer, without its thoughts. @throws CallError, ProviderError, SecretCipherError */
  async ask({ task, messages, chatModel, principal, signal }: TaskQuestion): Promise<string> {
    const { taskModel } = (await this.models.settings()).tasks;
    const model = await this.model(taskModel, chatModel, principal);
    const { kind, baseUrl, continuation, sealedKey } = model.connection;
    const connection: ModelConnection = {
      kind,
      baseUrl,
      continuation,
      ...(sealedKey === null ? {} : { apiKey: this.secrets.open(sealedKey) }),
    };
    const request = { model: model.upstreamModel, messages, max_tokens: MAX_TOKENS };
    const attributes = { ...genAiAttributes(connection, request), 'perennial.task': task };
    const { text } = await inSpan(genAiSpanName(request), { attributes }, () =>
      this.gate.run(
        {
          ...{ connection, limits: model.connection, model: request.model, work: task, signal },
          userId: principal.userId,
        },
        () => createProvider(connection).complete(request, { signal }),
      ),
    );
    return text;
  }

  /** The task model, if it is set and this user may use it; otherwise the chat's own. */
  private async model(taskModel: string | null, chatModel: string, principal: UserPrincipal): Promise<ResolvedModel> {
    if (!taskModel) return this.models.resolve(chatModel, principal);
    return this.models.resolve(taskModel, principal).catch(() => this.models.resolve(chatModel, principal));
  }
}
