import { Controller } from '@nestjs/common';
import { accountLists } from '@perennial/contracts-auth';
import { type CallParsedRequest, type CallReply, requireAdmin } from '@perennial/contracts-kernel';
import { type CallContext, Handles } from '@perennial/transport';
import { DirectoryRepository } from '../users/directory.repository';
import { AccountLists } from './account-lists';

@Controller()
export class AccountListsController {
  constructor(
    private readonly lists: AccountLists,
    private readonly directory: DirectoryRepository,
  ) {}

  @Handles(accountLists.page)
  async page(
    { after }: CallParsedRequest<typeof accountLists.page>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof accountLists.page>> {
    requireAdmin(principal);
    return { accounts: await this.directory.pageAfter(after) };
  }

  @Handles(accountLists.check)
  async check(
    { accounts }: CallParsedRequest<typeof accountLists.check>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof accountLists.check>> {
    requireAdmin(principal);
    return { results: await this.lists.check(accounts) };
  }

  @Handles(accountLists.add)
  async add(
    request: CallParsedRequest<typeof accountLists.add>,
    { principal, key }: CallContext,
  ): Promise<CallReply<typeof accountLists.add>> {
    return this.lists.add(requireAdmin(principal), request, key);
  }
}
