import { Controller } from '@nestjs/common';
import {
  ADD_KNOWLEDGE_FILES,
  CREATE_KNOWLEDGE,
  DELETE_KNOWLEDGE,
  GET_KNOWLEDGE,
  LIST_KNOWLEDGE,
  LIST_KNOWLEDGE_FILES,
  PENDING_KNOWLEDGE_FILES,
  REINDEX_KNOWLEDGE,
  REMOVE_KNOWLEDGE_FILE,
  RESET_KNOWLEDGE,
  SEARCH_KNOWLEDGE,
  SEARCH_KNOWLEDGE_FILES,
  UPDATE_KNOWLEDGE,
  UPDATE_KNOWLEDGE_FILE,
} from '@perennial/contracts-retrieval';
import type { CallParsedRequest, CallReply } from '@perennial/contracts-kernel';
import { Handles, type CallContext } from '@perennial/transport';
import { KnowledgeService } from './knowledge.service';
import { MembershipService } from './membership.service';

/** Calls about bases and what is in them. */
@Controller()
export class KnowledgeController {
  constructor(
    private readonly knowledge: KnowledgeService,
    private readonly members: MembershipService,
  ) {}

  @Handles(LIST_KNOWLEDGE)
  list({ page }: CallParsedRequest<typeof LIST_KNOWLEDGE>, { principal }: CallContext) {
    const everything = { query: '', all: false, orderBy: 'updated_at', direction: 'desc' } as const;
    return this.knowledge.search({ ...everything, page }, principal);
  }

  @Handles(SEARCH_KNOWLEDGE)
  search(request: CallParsedRequest<typeof SEARCH_KNOWLEDGE>, { principal }: CallContext) {
    return this.knowledge.search(request, principal);
  }

  @Handles(GET_KNOWLEDGE)
  get({ knowledgeId }: CallParsedRequest<typeof GET_KNOWLEDGE>, { principal }: CallContext) {
    return this.knowledge.get(knowledgeId, principal);
  }

  @Handles(CREATE_KNOWLEDGE)
  create(request: CallParsedRequest<typeof CREATE_KNOWLEDGE>, { principal, key }: CallContext) {
    return this.knowledge.create(request, principal, key);
  }

  @Handles(UPDATE_KNOWLEDGE)
  update(request: CallParsedRequest<typeof UPDATE_KNOWLEDGE>, context: CallContext) {
    return this.knowledge.update(request, context);
  }

  @Handles(DELETE_KNOWLEDGE)
  delete({ knowledgeId }: CallParsedRequest<typeof DELETE_KNOWLEDGE>, context: CallContext) {
    return this.members.delete(knowledgeId, context);
  }

  @Handles(RESET_KNOWLEDGE)
  reset({ knowledgeId }: CallParsedRequest<typeof RESET_KNOWLEDGE>, context: CallContext) {
    return this.members.reset(knowledgeId, context);
  }

  @Handles(LIST_KNOWLEDGE_FILES)
  files(request: CallParsedRequest<typeof LIST_KNOWLEDGE_FILES>, { principal }: CallContext) {
    return this.knowledge.files(request, principal);
  }

  @Handles(SEARCH_KNOWLEDGE_FILES)
  searchFiles(request: CallParsedRequest<typeof SEARCH_KNOWLEDGE_FILES>, { principal }: CallContext) {
    return this.knowledge.searchFiles(request, principal);
  }

  @Handles(PENDING_KNOWLEDGE_FILES)
  pending({ knowledgeId }: CallParsedRequest<typeof PENDING_KNOWLEDGE_FILES>, { principal }: CallContext) {
    return this.knowledge.pending(knowledgeId, principal);
  }

  @Handles(ADD_KNOWLEDGE_FILES)
  add(request: CallParsedRequest<typeof ADD_KNOWLEDGE_FILES>, context: CallContext) {
    return this.members.add(request, context);
  }

  @Handles(UPDATE_KNOWLEDGE_FILE)
  refresh(request: CallParsedRequest<typeof UPDATE_KNOWLEDGE_FILE>, context: CallContext) {
    return this.members.refresh(request, context);
  }

  @Handles(REMOVE_KNOWLEDGE_FILE)
  remove(request: CallParsedRequest<typeof REMOVE_KNOWLEDGE_FILE>, context: CallContext) {
    return this.members.remove(request, context);
  }

  @Handles(REINDEX_KNOWLEDGE)
  async reindex(
    { knowledgeId }: CallParsedRequest<typeof REINDEX_KNOWLEDGE>,
    context: CallContext,
  ): Promise<CallReply<typeof REINDEX_KNOWLEDGE>> {
    return { queued: await this.members.reindex(knowledgeId, context) };
  }
}
