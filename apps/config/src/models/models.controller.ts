import { Controller } from '@nestjs/common';
import { LIST_MODELS, RESOLVE_MODEL, SAVE_MODEL_ENTRY } from '@perennial/contracts-config';
import {
  requireAdmin,
  requireUser,
  type CallParsedRequest,
  type CallReply,
  type Principal,
} from '@perennial/contracts-kernel';
import { Handles, type CallContext } from '@perennial/transport';
import { ModelsService } from './models.service';

@Controller()
export class ModelsController {
  constructor(private readonly models: ModelsService) {}

  @Handles(LIST_MODELS)
  async list(
    { refresh }: CallParsedRequest<typeof LIST_MODELS>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof LIST_MODELS>> {
    return this.models.list(userOrService(principal), refresh);
  }

  @Handles(RESOLVE_MODEL)
  async resolve(
    { modelId }: CallParsedRequest<typeof RESOLVE_MODEL>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof RESOLVE_MODEL>> {
    return this.models.resolve(userOrService(principal), modelId);
  }

  @Handles(SAVE_MODEL_ENTRY)
  async saveEntry(
    request: CallParsedRequest<typeof SAVE_MODEL_ENTRY>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof SAVE_MODEL_ENTRY>> {
    return this.models.saveEntry(requireAdmin(principal), request, key);
  }
}

function userOrService(principal: Principal): Principal {
  return principal.kind === 'service' ? principal : requireUser(principal);
}
