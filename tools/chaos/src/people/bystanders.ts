import { setTimeout as sleep } from 'node:timers/promises';
import { routes } from '@perennial/contracts-gateway';
import type { Account } from '@perennial/e2e/support/accounts';
import { httpUntilAnswered, type OnFailedRequest } from '@perennial/e2e/support/http';

/** One read of each service that a user waits for. */
const READS = [routes.auths.session, routes.chats.list, routes.knowledge.list, routes.models.list];
const PAUSE_MS = 150;

/** Users who only read: each reads from one service after another. Failures are reported. */
export class Bystanders {
  requests = 0;
  private looking = true;
  private readonly done: Promise<unknown>;

  constructor(
    private readonly baseUrl: string,
    accounts: readonly Account[],
    private readonly onFailed: OnFailedRequest,
  ) {
    this.done = Promise.all(accounts.map((account) => this.look(account)));
  }

  /** @throws when a read was not answered with 200 */
  async stop(): Promise<void> {
    this.looking = false;
    await this.done;
  }

  private async look({ token }: Account): Promise<void> {
    for (let turn = 0; this.looking; turn += 1) {
      const { path } = READS[turn % READS.length] as (typeof READS)[number];
      const reply = await httpUntilAnswered('GET', this.baseUrl + path, { token }, this.onFailed);
      if (reply.status !== 200) throw new Error(`GET ${path} was answered ${reply.status}`);
      this.requests += 1;
      await sleep(PAUSE_MS);
    }
  }
}
