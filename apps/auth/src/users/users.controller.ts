import { Controller } from '@nestjs/common';
import { users } from '@perennial/contracts-auth';
import { type CallParsedRequest, type CallReply, requireAdmin, requireSignedIn } from '@perennial/contracts-kernel';
import { type CallContext, Handles } from '@perennial/transport';
import { DirectoryRepository } from './directory.repository';
import { UsersService } from './users.service';

@Controller()
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly directory: DirectoryRepository,
  ) {}

  @Handles(users.get)
  async get(
    { userId }: CallParsedRequest<typeof users.get>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof users.get>> {
    if (principal.kind !== 'service' && requireSignedIn(principal).userId !== userId) requireAdmin(principal);
    return this.users.get(userId);
  }

  @Handles(users.picture)
  async picture(
    { userId }: CallParsedRequest<typeof users.picture>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof users.picture>> {
    if (requireSignedIn(principal).userId !== userId) requireAdmin(principal);
    return this.users.picture(userId);
  }

  @Handles(users.list)
  async list(
    request: CallParsedRequest<typeof users.list>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof users.list>> {
    requireAdmin(principal);
    return this.directory.list(request);
  }

  @Handles(users.update)
  async update(
    request: CallParsedRequest<typeof users.update>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof users.update>> {
    return this.users.update(requireAdmin(principal), request, key);
  }

  @Handles(users.remove)
  async delete(
    request: CallParsedRequest<typeof users.remove>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof users.remove>> {
    return this.users.delete(requireAdmin(principal), request, key);
  }
}
