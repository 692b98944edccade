import { Controller } from '@nestjs/common';
import { type CallReply, requireAdmin } from '@perennial/contracts-kernel';
import { blobStores } from '@perennial/contracts-retrieval';
import { type CallContext, Handles } from '@perennial/transport';
import { StoreChoiceRepository } from './store-choice.repository';

@Controller()
export class StoresController {
  constructor(private readonly choice: StoreChoiceRepository) {}

  /** For our own services. */
  @Handles(blobStores.current)
  async current(_request: object, { principal }: CallContext): Promise<CallReply<typeof blobStores.current>> {
    if (principal.kind !== 'service') requireAdmin(principal);
    return this.choice.current();
  }
}
