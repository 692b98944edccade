import { randomUUID } from 'node:crypto';
import { Controller } from '@nestjs/common';
import type { CallParsedRequest } from '@perennial/contracts-kernel';
import { knowledgeSources } from '@perennial/contracts-retrieval';
import { type CallContext, Handles } from '@perennial/transport';
import { SourcesService } from './sources.service';

/** Calls about the sources of bases. */
@Controller()
export class SourcesController {
  constructor(private readonly sources: SourcesService) {}

  @Handles(knowledgeSources.list)
  list({ knowledgeId }: CallParsedRequest<typeof knowledgeSources.list>, { principal }: CallContext) {
    return this.sources.list(knowledgeId, principal);
  }

  @Handles(knowledgeSources.get)
  get({ knowledgeId, sourceId }: CallParsedRequest<typeof knowledgeSources.get>, { principal }: CallContext) {
    return this.sources.get(knowledgeId, sourceId, principal);
  }

  @Handles(knowledgeSources.documents)
  documents(request: CallParsedRequest<typeof knowledgeSources.documents>, { principal }: CallContext) {
    return this.sources.documents(request, principal);
  }

  @Handles(knowledgeSources.create)
  create(request: CallParsedRequest<typeof knowledgeSources.create>, context: CallContext) {
    return this.sources.create(request, context, randomUUID());
  }

  @Handles(knowledgeSources.update)
  update(request: CallParsedRequest<typeof knowledgeSources.update>, context: CallContext) {
    return this.sources.update(request, context);
  }

  @Handles(knowledgeSources.sync)
  sync(request: CallParsedRequest<typeof knowledgeSources.sync>, context: CallContext) {
    return this.sources.sync(request, context);
  }

  @Handles(knowledgeSources.remove)
  remove(request: CallParsedRequest<typeof knowledgeSources.remove>, context: CallContext) {
    return this.sources.remove(request, context);
  }
}
