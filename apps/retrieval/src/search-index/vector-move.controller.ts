import { Controller } from '@nestjs/common';
import { type CallParsedRequest, requireAdmin } from '@perennial/contracts-kernel';
import { vectorMove, type VectorMoveStatus } from '@perennial/contracts-retrieval';
import { type CallContext, Handles } from '@perennial/transport';
import { VectorMoveService } from './vector-move.service';

@Controller()
export class VectorMoveController {
  constructor(private readonly moves: VectorMoveService) {}

  @Handles(vectorMove.status)
  async status(_request: object, { principal }: CallContext): Promise<VectorMoveStatus> {
    requireAdmin(principal);
    return this.moves.status();
  }

  @Handles(vectorMove.start)
  async start(
    request: CallParsedRequest<typeof vectorMove.start>,
    { principal, key }: CallContext,
  ): Promise<VectorMoveStatus> {
    return this.moves.start(requireAdmin(principal), request, key);
  }

  @Handles(vectorMove.pause)
  async pause(_request: object, { principal, key }: CallContext): Promise<VectorMoveStatus> {
    return this.moves.pause(requireAdmin(principal), key);
  }

  @Handles(vectorMove.cancel)
  async cancel(_request: object, { principal, key }: CallContext): Promise<VectorMoveStatus> {
    return this.moves.cancel(requireAdmin(principal), key);
  }

  @Handles(vectorMove.finish)
  async finish(_request: object, { principal, key }: CallContext): Promise<VectorMoveStatus> {
    return this.moves.finish(requireAdmin(principal), key);
  }
}
