import { Inject, Injectable } from '@nestjs/common';
import type { ResolvedModel } from '@perennial/contracts-config';
import type { UserPrincipal } from '@perennial/contracts-kernel';
import type { AnswerEnd, ModelConnection } from '@perennial/model-provider';
import { raceAbort, retryTransient, SecretCipher, secretKeys } from '@perennial/runtime';
import { CHAT_ENV, type ChatEnv } from '../../env';
import { PictureReader } from '../../pictures/picture-reader';
import { ModelCatalog } from '../models/model-catalog';
import { ProviderGate } from '../models/provider-gate';
import type { ClaimedRun } from '../types/run';
import { AnswerStreams } from './answer-streams';
import type { AnswerText } from './answer-text';
import { ProviderSpan } from './attempt-trace';
import type { ProviderCall } from './provider-request';
import { RunMetrics } from './run-metrics';

/** How long config may be away before an answer fails. */
const CONFIG_TIMEOUT_MS = 30_000;

/** The model of a run and how its provider is reached, with the key in clear. */
export interface ConnectedModel {
  model: ResolvedModel;
  connection: ModelConnection;
}

/** Calls the providers of models: finds the connection, puts pictures in, and has the answer read. */
@Injectable()
export class ProviderCalls {
  private readonly secrets: SecretCipher;

  constructor(
    @Inject(CHAT_ENV) env: ChatEnv,
    private readonly models: ModelCatalog,
    private readonly pictures: PictureReader,
    private readonly streams: AnswerStreams,
    private readonly metrics: RunMetrics,
    private readonly gate: ProviderGate,
  ) {
    this.secrets = new SecretCipher(secretKeys(env), 'connection-key');
  }

  /**
   * Where the model of a run lives.
   * @throws CallError as `models.resolve`, SecretCipherError; rejects at once when `signal` aborts
   */
  async connect(run: ClaimedRun, signal: AbortSignal): Promise<ConnectedModel> {
    const principal = run.principal as UserPrincipal;
    // A config service that does not answer must not delay a stop or a hand-over.
    const model = await raceAbort(
      retryTransient(() => this.models.resolve(run.model, principal), { signal, limitMs: CONFIG_TIMEOUT_MS }),
      signal,
    );
    const { kind, baseUrl, continuation, sealedKey } = model.connection;
    const apiKey = sealedKey === null ? {} : { apiKey: this.secrets.open(sealedKey) };
    return { model, connection: { kind, baseUrl, continuation, ...apiKey } };
  }

  /**
   * Does `work` when the provider's limits allow it, with the run whose pictures are in its messages. They take memory only from then on: a wait
   * for one provider must not keep the pictures of others waiting.
   *
   * @param work calls `answered` at the first piece of the answer
   */
  whenAllowed<T>(
    run: ClaimedRun,
    { connection, model }: ConnectedModel,
    signal: AbortSignal,
    work: (run: ClaimedRun, answered: () => void) => Promise<T>,
  ): Promise<T> {
    const call = { connection, limits: model.connection, model: model.upstreamModel, userId: run.user_id, signal };
    return this.gate.run({ ...call, work: 'answer' }, (answered) =>
      this.pictures.inlined(run, signal, (inlined) => work(inlined, answered)),
    );
  }

  /** Has the answer to a call read, in a span of its own. */
  async read(
    run: ClaimedRun,
    { connection }: ConnectedModel,
    call: ProviderCall,
    signal: AbortSignal,
    answerOf: (onPiece: () => void) => AnswerText,
  ): Promise<AnswerEnd> {
    const span = new ProviderSpan(connection, call.request, run, this.metrics);
    const answer = answerOf(() => span.token());
    try {
      const end = await span.within(() =>
        this.streams.stream(connection, call.request, answer, { signal, raw: call.raw, headers: span.headers }),
      );
      span.ended(end);
      return end;
    } catch (error) {
      span.failed(error);
      throw error;
    } finally {
      answer.close();
      span.end();
    }
  }
}
