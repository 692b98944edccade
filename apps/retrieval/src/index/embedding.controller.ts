import { Controller } from '@nestjs/common';
import { GET_EMBEDDING, GET_INDEX_STATUS, REINDEX, UPDATE_EMBEDDING } from '@perennial/contracts-retrieval';
import { requireAdmin, type CallParsedRequest, type CallReply } from '@perennial/contracts-kernel';
import { Handles, type CallContext } from '@perennial/transport';
import { EmbeddingService } from './embedding.service';

@Controller()
export class EmbeddingController {
  constructor(private readonly embedding: EmbeddingService) {}

  @Handles(GET_EMBEDDING)
  async get(_request: object, { principal }: CallContext): Promise<CallReply<typeof GET_EMBEDDING>> {
    requireAdmin(principal);
    return this.embedding.get();
  }

  @Handles(UPDATE_EMBEDDING)
  async update(
    request: CallParsedRequest<typeof UPDATE_EMBEDDING>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof UPDATE_EMBEDDING>> {
    return this.embedding.update(requireAdmin(principal), request, key);
  }

  @Handles(GET_INDEX_STATUS)
  async status(_request: object, { principal }: CallContext): Promise<CallReply<typeof GET_INDEX_STATUS>> {
    requireAdmin(principal);
    return this.embedding.status();
  }

  @Handles(REINDEX)
  async rebuild(_request: object, { principal, key }: CallContext): Promise<CallReply<typeof REINDEX>> {
    return this.embedding.rebuild(requireAdmin(principal), key);
  }
}
