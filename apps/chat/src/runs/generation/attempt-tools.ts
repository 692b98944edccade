import { Inject, Injectable } from '@nestjs/common';
import { Runtime, SecretCipher } from '@perennial/runtime';
import type { RunPublisher } from '@perennial/transport';
import { CHAT_ENV, type ChatEnv } from '../../env';
import { PictureReader } from '../../pictures/picture-reader';
import { ModelCatalog } from '../models/model-catalog';
import { OwnershipRepository } from '../ownership/ownership.repository';
import { RUN_PUBLISHER } from '../run-publisher';
import { UserEvents } from '../user-events';
import { AnswerStreams } from './answer-streams';
import { FinishRepository } from './finish.repository';
import { RunMetrics } from './run-metrics';

/** Repositories of an attempt. */
@Injectable()
export class AttemptStore {
  constructor(
    readonly ownership: OwnershipRepository,
    readonly finish: FinishRepository,
  ) {}
}

/** Dependencies of every attempt; one instance per process. */
@Injectable()
export class AttemptTools {
  readonly secrets: SecretCipher;
  readonly log;

  constructor(
    @Inject(CHAT_ENV) readonly env: ChatEnv,
    @Inject(RUN_PUBLISHER) readonly publisher: RunPublisher,
    @Inject(Runtime) runtime: Runtime,
    readonly store: AttemptStore,
    readonly models: ModelCatalog,
    readonly metrics: RunMetrics,
    readonly events: UserEvents,
    readonly pictures: PictureReader,
    readonly streams: AnswerStreams,
  ) {
    this.secrets = new SecretCipher(env.SECRET_KEY, 'connection-key');
    this.log = runtime.logger('attempt');
  }
}
