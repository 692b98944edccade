import { Inject, Injectable } from '@nestjs/common';
import type { RunPublisher } from '@perennial/transport';
import { CHAT_ENV, type ChatEnv } from '../../env';
import { DocumentsService } from '../documents/documents.service';
import { OwnershipRepository } from '../ownership/ownership.repository';
import { RUN_PUBLISHER } from '../run-publisher';
import type { ClaimedRun } from '../types/run';
import { Attempt } from './attempt';
import { FinishRepository } from './finish.repository';
import { ProviderCalls } from './provider-calls';
import { RunReports } from './run-reports';

/** Makes the attempt at a run that this process has claimed. */
@Injectable()
export class AttemptFactory {
  constructor(
    @Inject(CHAT_ENV) private readonly env: ChatEnv,
    @Inject(RUN_PUBLISHER) private readonly publisher: RunPublisher,
    private readonly ownership: OwnershipRepository,
    private readonly finishes: FinishRepository,
    private readonly provider: ProviderCalls,
    private readonly documents: DocumentsService,
    private readonly reports: RunReports,
  ) {}

  make(run: ClaimedRun, owner: string): Attempt {
    const { env, publisher, ownership, finishes, provider, documents, reports } = this;
    return new Attempt(run, owner, env, publisher, ownership, finishes, provider, documents, reports);
  }
}
