import { Controller } from '@nestjs/common';
import type { CallParsedRequest, CallReply } from '@perennial/contracts-kernel';
import { knowledge } from '@perennial/contracts-retrieval';
import { type CallContext, Handles } from '@perennial/transport';
import { KnowledgeService } from './knowledge.service';
import { MembershipService } from './membership.service';

/** Calls about bases and their files. */
@Controller()
export class KnowledgeController {
  constructor(
    private readonly knowledge: KnowledgeService,
    private readonly members: MembershipService,
  ) {}

  @Handles(knowledge.list)
  list({ page }: CallParsedRequest<typeof knowledge.list>, { principal }: CallContext) {
    const everything = { query: '', all: false, orderBy: 'updated_at', direction: 'desc' } as const;
    return this.knowledge.search({ ...everything, page }, principal);
  }

  @Handles(knowledge.search)
  search(request: CallParsedRequest<typeof knowledge.search>, { principal }: CallContext) {
    return this.knowledge.search(request, principal);
  }

  @Handles(knowledge.get)
  get({ knowledgeId }: CallParsedRequest<typeof knowledge.get>, { principal }: CallContext) {
    return this.knowledge.get(knowledgeId, principal);
  }

  @Handles(knowledge.create)
  create(request: CallParsedRequest<typeof knowledge.create>, { principal, key }: CallContext) {
    return this.knowledge.create(request, principal, key);
  }

  @Handles(knowledge.update)
  update(request: CallParsedRequest<typeof knowledge.update>, context: CallContext) {
    return this.knowledge.update(request, context);
  }

  @Handles(knowledge.remove)
  delete({ knowledgeId }: CallParsedRequest<typeof knowledge.remove>, context: CallContext) {
    return this.members.delete(knowledgeId, context);
  }

  @Handles(knowledge.reset)
  reset({ knowledgeId }: CallParsedRequest<typeof knowledge.reset>, context: CallContext) {
    return this.members.reset(knowledgeId, context);
  }

  @Handles(knowledge.files)
  files(request: CallParsedRequest<typeof knowledge.files>, { principal }: CallContext) {
    return this.knowledge.files(request, principal);
  }

  @Handles(knowledge.searchFiles)
  searchFiles(request: CallParsedRequest<typeof knowledge.searchFiles>, { principal }: CallContext) {
    return this.knowledge.searchFiles(request, principal);
  }

  @Handles(knowledge.pending)
  pending({ knowledgeId }: CallParsedRequest<typeof knowledge.pending>, { principal }: CallContext) {
    return this.knowledge.pending(knowledgeId, principal);
  }

  @Handles(knowledge.addFiles)
  add(request: CallParsedRequest<typeof knowledge.addFiles>, context: CallContext) {
    return this.members.add(request, context);
  }

  @Handles(knowledge.updateFile)
  refresh(request: CallParsedRequest<typeof knowledge.updateFile>, context: CallContext) {
    return this.members.refresh(request, context);
  }

  @Handles(knowledge.removeFile)
  remove(request: CallParsedRequest<typeof knowledge.removeFile>, context: CallContext) {
    return this.members.remove(request, context);
  }

  @Handles(knowledge.moveFile)
  move(request: CallParsedRequest<typeof knowledge.moveFile>, context: CallContext) {
    return this.members.move(request, context);
  }

  @Handles(knowledge.reindex)
  async reindex(
    { knowledgeId }: CallParsedRequest<typeof knowledge.reindex>,
    context: CallContext,
  ): Promise<CallReply<typeof knowledge.reindex>> {
    return { queued: await this.members.reindex(knowledgeId, context) };
  }
}
