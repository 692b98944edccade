import { Controller } from '@nestjs/common';
import { DELETE_USER, GET_PICTURE, GET_USER, LIST_USERS, UPDATE_USER } from '@perennial/contracts-auth';
import { requireAdmin, requireSignedIn, type CallParsedRequest, type CallReply } from '@perennial/contracts-kernel';
import { Handles, type CallContext } from '@perennial/transport';
import { DirectoryRepository } from './directory.repository';
import { UsersService } from './users.service';

@Controller()
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly directory: DirectoryRepository,
  ) {}

  @Handles(GET_USER)
  async get(
    { userId }: CallParsedRequest<typeof GET_USER>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof GET_USER>> {
    if (principal.kind !== 'service' && requireSignedIn(principal).userId !== userId) requireAdmin(principal);
    return this.users.get(userId);
  }

  @Handles(GET_PICTURE)
  async picture(
    { userId }: CallParsedRequest<typeof GET_PICTURE>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof GET_PICTURE>> {
    if (requireSignedIn(principal).userId !== userId) requireAdmin(principal);
    return this.users.picture(userId);
  }

  @Handles(LIST_USERS)
  async list(
    request: CallParsedRequest<typeof LIST_USERS>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof LIST_USERS>> {
    requireAdmin(principal);
    return this.directory.list(request);
  }

  @Handles(UPDATE_USER)
  async update(
    request: CallParsedRequest<typeof UPDATE_USER>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof UPDATE_USER>> {
    return this.users.update(requireAdmin(principal), request, key);
  }

  @Handles(DELETE_USER)
  async delete(
    request: CallParsedRequest<typeof DELETE_USER>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof DELETE_USER>> {
    return this.users.delete(requireAdmin(principal), request, key);
  }
}
