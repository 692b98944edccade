import { Readable } from 'node:stream';
import { Controller, Res } from '@nestjs/common';
import { accountLists } from '@perennial/contracts-auth';
import { routes } from '@perennial/contracts-gateway';
import type { CallReply, Principal } from '@perennial/contracts-kernel';
import { Rpc } from '@perennial/transport';
import type { FastifyReply } from 'fastify';
import { CurrentUser, Route } from '../../http/route';
import type { Caller } from '../../sessions/caller';
import { csvLine } from './csv';

const COLUMNS = ['id', 'name', 'email', 'role', 'created_at', 'last_active_at'];

type Page = CallReply<typeof accountLists.page>['accounts'];

/** The list of all accounts as a file. */
@Controller()
export class AccountListsController {
  constructor(private readonly rpc: Rpc) {}

  /** Read and written a page at a time, as fast as the reader takes it. */
  @Route(routes.users.exportCsv)
  async exportCsv(@CurrentUser() { principal }: Caller, @Res() reply: FastifyReply): Promise<void> {
    // Before the head of the reply, so that a refusal has its status.
    const first = await this.page(principal);
    void reply
      .headers({
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': 'attachment; filename="users.csv"',
        'cache-control': 'private, no-store',
      })
      .send(Readable.from(this.lines(first, principal)));
  }

  private async *lines(first: Page, principal: Principal): AsyncGenerator<string> {
    // Spreadsheets take a file without the mark for one in their own encoding.
    yield `\uFEFF${csvLine(COLUMNS)}`;
    let page = first;
    while (page.length > 0) {
      yield page.map(toLine).join('');
      const last = page.at(-1);
      page = page.length < accountLists.ACCOUNTS_PER_PAGE ? [] : await this.page(principal, last?.id);
    }
  }

  private async page(principal: Principal, after?: string): Promise<Page> {
    return (await this.rpc.call(accountLists.page, { after }, { principal })).accounts;
  }
}

function toLine({ id, name, email, role, createdAt, lastActiveAt }: Page[number]): string {
  return csvLine([id, name, email, role, toTime(createdAt), toTime(lastActiveAt)]);
}

const toTime = (seconds: number): string => new Date(seconds * 1_000).toISOString();
