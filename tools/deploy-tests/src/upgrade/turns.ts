import { check } from '@perennial/e2e/failover/checker';
import type { TurnHistory } from '@perennial/e2e/failover/history';
import type { Owners } from '@perennial/e2e/failover/owners';
import { complete, CONTINUING_PREFIX, TurnDriver } from '@perennial/e2e/failover/turn-driver';
import type { Account } from '@perennial/e2e/support/accounts';
import type { FailedRequest } from '@perennial/e2e/support/http';
import type { ReaderEvent } from '@perennial/e2e/support/reader-event';
import type { Simulator } from '@perennial/provider-simulator';

interface PlayedTurn {
  account: Account;
  continuing: boolean;
  history: TurnHistory & { digest: string };
}

export interface Judgement {
  lost: string[];
  /** Answers that more than one worker wrote. */
  handedOver: number;
  /** Where readers by SSE were set back: of answers whose provider continues a text, and of the others. */
  resets: { continuing: string[]; restarting: string[] };
}

/** People who send turn after turn and read each answer by socket and by SSE. Failed requests are counted, although they are repeated. */
export class Turns {
  readonly failed: string[] = [];
  readonly played: PlayedTurn[] = [];
  /** Turns that could not be sent or read. */
  readonly problems: string[] = [];
  private over = false;
  private next = 0;
  private readonly drivers: { account: Account; driver: TurnDriver }[];
  private done: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly baseUrl: string,
    accounts: readonly Account[],
  ) {
    const onFailed = ({ from, to, what }: FailedRequest) =>
      this.failed.push(`${new Date(from).toISOString().slice(11, 23)} ${what} after ${to - from} ms`);
    this.drivers = accounts.map((account) => ({
      account,
      driver: new TurnDriver(baseUrl, account, () => undefined, onFailed, { rejectUnauthorized: false }),
    }));
  }

  /** Each turn is one request, and one that reads its events. */
  get requests(): number {
    return 2 * (this.played.length + this.problems.length);
  }

  async begin(): Promise<void> {
    await Promise.all(this.drivers.map(({ driver }) => driver.connected()));
    this.done = Promise.all(this.drivers.map((each) => this.play(each)));
  }

  async end(): Promise<void> {
    this.over = true;
    await this.done;
    for (const { driver } of this.drivers) driver.close();
  }

  /** What was lost, how many answers went to another worker, and how often readers by SSE were set back. */
  async judge(owners: Owners, simulator: Simulator): Promise<Judgement> {
    const lost = [...this.problems];
    const resets: Judgement['resets'] = { continuing: [], restarting: [] };
    let handedOver = 0;
    for (const { account, continuing, history } of this.played) {
      const turn = await complete(history, this.baseUrl, account, owners, simulator);
      if ((turn.stored?.chargedDeaths ?? 0) > 0) lost.push(`turn ${turn.turn}: its hand-over counted as a death`);
      if (turn.providerCalls > 1) handedOver += 1;
      // A worker that leaves hands its answers over: the next one asks the provider once more.
      const judged = { ...turn, ownerLosses: turn.providerCalls };
      lost.push(...check([judged]).map(({ kind, what }) => `turn ${turn.turn} ${kind}: ${what}`));
      const setBack = setBacks(turn.readers.find(({ via }) => via === 'sse')?.events ?? []);
      resets[continuing ? 'continuing' : 'restarting'].push(...setBack.map((what) => `turn ${turn.turn}: ${what}`));
    }
    return { lost, handedOver, resets };
  }

  private async play({ account, driver }: { account: Account; driver: TurnDriver }): Promise<void> {
    while (!this.over) {
      const turn = this.next;
      this.next += 1;
      try {
        const history = await driver.play(turn);
        this.played.push({ account, continuing: driver.modelOf(turn).startsWith(CONTINUING_PREFIX), history });
      } catch (error) {
        this.problems.push(`turn ${turn}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
}

/** Each reset of a reader, with the two events before it. */
function setBacks(events: readonly ReaderEvent[]): string[] {
  return events.flatMap((event, at) => {
    if (event.kind !== 'reset') return [];
    const told = events.slice(Math.max(0, at - 2), at + 1).map((each) => {
      const { at: time, kind } = each;
      const where = 'generation' in each ? ` in generation ${each.generation} of epoch ${each.epoch}` : '';
      const offset =
        each.kind === 'delta' ? each.offset + each.text.length : each.kind === 'reset' ? each.text.length : '';
      return `${new Date(time).toISOString().slice(11, 23)} ${kind} ${offset}${where}`;
    });
    return [told.join(', ')];
  });
}
