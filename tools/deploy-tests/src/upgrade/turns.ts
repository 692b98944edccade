import { checkTurns } from '@perennial/chaos/check/turns';
import { Moments } from '@perennial/chaos/nemeses/moments';
import { CONTINUING_PREFIX, LONG_MODELS } from '@perennial/chaos/people/models';
import { complete, TurnDriver } from '@perennial/chaos/people/turns';
import type { AppliedFault, TurnHistory } from '@perennial/chaos/record/history';
import { Recorder } from '@perennial/chaos/record/recorder';
import type { Account } from '@perennial/e2e/support/accounts';
import type { Owners } from '@perennial/e2e/support/owners';
import type { ReaderEvent } from '@perennial/e2e/support/reader-event';
import type { Simulator } from '@perennial/provider-simulator';

interface PlayedTurn {
  account: Account;
  continuing: boolean;
  history: TurnHistory;
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
  readonly played: PlayedTurn[] = [];
  /** Turns that could not be sent or read. */
  readonly problems: string[] = [];
  private over = false;
  private next = 0;
  private readonly recorder = new Recorder();
  private readonly drivers: { account: Account; driver: TurnDriver }[];
  private done: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly baseUrl: string,
    accounts: readonly Account[],
  ) {
    this.drivers = accounts.map((account) => ({
      account,
      driver: new TurnDriver(baseUrl, account, new Moments(), this.recorder, { rejectUnauthorized: false }),
    }));
  }

  /** Each turn is one request, and one that reads its events. */
  get requests(): number {
    return 2 * (this.played.length + this.problems.length);
  }

  /** Requests without a reply, although they are repeated. */
  get failed(): string[] {
    return this.recorder.failedRequests.map(
      ({ from, to, what }) => `${new Date(from).toISOString().slice(11, 23)} ${what} after ${to - from} ms`,
    );
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
    const { marks } = simulator.stats();
    for (const { account, continuing, history: turn } of this.played) {
      await complete(turn, { baseUrl: this.baseUrl, account, owners }, marks);
      if ((turn.stored?.chargedDeaths ?? 0) > 0) lost.push(`turn ${turn.turn}: its hand-over counted as a death`);
      if (turn.providerCalls > 1) handedOver += 1;
      // A worker that leaves hands its answers over: that is as good as a fault.
      const handOver: AppliedFault = {
        number: 0,
        nemesis: 'restart one',
        what: 'an upgrade',
        from: turn.from,
        to: turn.to,
      };
      const faults = Array.from({ length: turn.claims - 1 }, () => handOver);
      const found = checkTurns({ turns: [turn], outages: [], faults, lostTails: [] });
      lost.push(...found.map(({ kind, what }) => `turn ${turn.turn} ${kind}: ${what}`));
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
        const model = LONG_MODELS[turn % 2 === 0 ? 0 : 1];
        const history = await driver.play({ model });
        this.played.push({ account, continuing: model.id.startsWith(CONTINUING_PREFIX), history });
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
