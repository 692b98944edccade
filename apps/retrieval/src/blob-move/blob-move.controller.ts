import { Controller } from '@nestjs/common';
import { type CallParsedRequest, requireAdmin } from '@perennial/contracts-kernel';
import { blobMove, type BlobMoveStatus } from '@perennial/contracts-retrieval';
import { type CallContext, Handles } from '@perennial/transport';
import { BlobMoveService } from './blob-move.service';

@Controller()
export class BlobMoveController {
  constructor(private readonly moves: BlobMoveService) {}

  @Handles(blobMove.status)
  async status(_request: object, { principal }: CallContext): Promise<BlobMoveStatus> {
    requireAdmin(principal);
    return this.moves.status();
  }

  @Handles(blobMove.start)
  async start(
    request: CallParsedRequest<typeof blobMove.start>,
    { principal, key }: CallContext,
  ): Promise<BlobMoveStatus> {
    return this.moves.start(requireAdmin(principal), request, key);
  }

  @Handles(blobMove.pause)
  async pause(_request: object, { principal, key }: CallContext): Promise<BlobMoveStatus> {
    return this.moves.pause(requireAdmin(principal), key);
  }

  @Handles(blobMove.rollback)
  async rollback(
    request: CallParsedRequest<typeof blobMove.rollback>,
    { principal, key }: CallContext,
  ): Promise<BlobMoveStatus> {
    return this.moves.rollback(requireAdmin(principal), request, key);
  }

  @Handles(blobMove.finish)
  async finish(
    request: CallParsedRequest<typeof blobMove.finish>,
    { principal, key }: CallContext,
  ): Promise<BlobMoveStatus> {
    return this.moves.finish(requireAdmin(principal), request, key);
  }
}
