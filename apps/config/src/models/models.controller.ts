import { Controller } from '@nestjs/common';
import { models } from '@perennial/contracts-config';
import {
  type CallParsedRequest,
  type CallReply,
  type Principal,
  requireAdmin,
  requireUser,
} from '@perennial/contracts-kernel';
import { type CallContext, Handles } from '@perennial/transport';
import { ModelsService } from './models.service';

@Controller()
export class ModelsController {
  constructor(private readonly models: ModelsService) {}

  @Handles(models.list)
  async list(
    { refresh }: CallParsedRequest<typeof models.list>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof models.list>> {
    return this.models.list(userOrService(principal), refresh);
  }

  @Handles(models.resolve)
  async resolve(
    { modelId }: CallParsedRequest<typeof models.resolve>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof models.resolve>> {
    return this.models.resolve(userOrService(principal), modelId);
  }

  @Handles(models.entries)
  async entries(
    _: CallParsedRequest<typeof models.entries>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof models.entries>> {
    requireAdmin(principal);
    return this.models.entries();
  }

  @Handles(models.saveEntry)
  async saveEntry(
    request: CallParsedRequest<typeof models.saveEntry>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof models.saveEntry>> {
    return this.models.saveEntry(requireAdmin(principal), request, key);
  }
}

function userOrService(principal: Principal): Principal {
  return principal.kind === 'service' ? principal : requireUser(principal);
}
