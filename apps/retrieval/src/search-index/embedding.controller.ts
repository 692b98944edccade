import { Controller } from '@nestjs/common';
import { type CallParsedRequest, type CallReply, requireAdmin } from '@perennial/contracts-kernel';
import { embedding, searchIndex } from '@perennial/contracts-retrieval';
import { type CallContext, Handles } from '@perennial/transport';
import { EmbeddingService } from './embedding.service';

@Controller()
export class EmbeddingController {
  constructor(private readonly embedding: EmbeddingService) {}

  @Handles(embedding.get)
  async get(_request: object, { principal }: CallContext): Promise<CallReply<typeof embedding.get>> {
    requireAdmin(principal);
    return this.embedding.get();
  }

  @Handles(embedding.update)
  async update(
    request: CallParsedRequest<typeof embedding.update>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof embedding.update>> {
    return this.embedding.update(requireAdmin(principal), request, key);
  }

  @Handles(searchIndex.status)
  async status(_request: object, { principal }: CallContext): Promise<CallReply<typeof searchIndex.status>> {
    requireAdmin(principal);
    return this.embedding.status();
  }

  @Handles(searchIndex.rebuild)
  async rebuild(_request: object, { principal, key }: CallContext): Promise<CallReply<typeof searchIndex.rebuild>> {
    return this.embedding.rebuild(requireAdmin(principal), key);
  }
}
