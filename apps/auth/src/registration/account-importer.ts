import { Injectable } from '@nestjs/common';
import type { users } from '@perennial/contracts-auth';
import type { CallParsedRequest, CallReply, UserPrincipal } from '@perennial/contracts-kernel';
import { UnitOfWork } from '@perennial/persistence';
import { Runtime } from '@perennial/runtime';
import { UsersRepository } from '../accounts/users.repository';
import { DEFAULT_IMAGE } from './account-creator';

/** Takes over accounts of another product. */
@Injectable()
export class AccountImporter {
  constructor(
    private readonly runtime: Runtime,
    private readonly users: UsersRepository,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Idempotent by the id and the address, so no key is stored. */
  async import(
    principal: UserPrincipal,
    request: CallParsedRequest<typeof users.importAccount>,
  ): Promise<CallReply<typeof users.importAccount>> {
    const { userId, role, email } = request;
    return this.unitOfWork.run(async (tx) => {
      const account = { ...request, profile_image_url: request.profile_image_url ?? DEFAULT_IMAGE };
      if (!(await this.users.insertImported(tx, account)))
        return { userId: await this.users.idOf(tx, { userId, email }), created: false };
      tx.afterCommit(() =>
        this.runtime.security.record('account_added', { user_id: userId, role, actor_id: principal.userId }),
      );
      return { userId, created: true };
    });
  }
}
