import { Controller } from '@nestjs/common';
import { LIST_KNOWLEDGE } from '@perennial/contracts-retrieval';
import { requireUser, type CallParsedRequest, type CallReply } from '@perennial/contracts-kernel';
import { Handles, type CallContext } from '@perennial/transport';
import { KnowledgeRepository } from './knowledge.repository';

@Controller()
export class KnowledgeController {
  constructor(private readonly knowledge: KnowledgeRepository) {}

  /** The caller's own. */
  @Handles(LIST_KNOWLEDGE)
  async list(
    { page }: CallParsedRequest<typeof LIST_KNOWLEDGE>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof LIST_KNOWLEDGE>> {
    return this.knowledge.list(requireUser(principal), page);
  }
}
