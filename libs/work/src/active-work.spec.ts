import { CallError } from '@perennial/contracts-kernel';
import { Runtime } from '@perennial/runtime';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type ActiveItem, ActiveWork, type StopReason } from './active-work';
import type { Fence } from './work-store';

/** A minute: longer than a test, so that no test depends on a time-out. */
const LATER = 60_000;

class Item implements ActiveItem {
  readonly over: Promise<void>;
  readonly stops: StopReason[] = [];
  finishing = false;
  end = (): void => undefined;

  constructor(
    readonly id: string,
    readonly epoch = 1,
  ) {
    this.over = new Promise((resolve) => (this.end = resolve));
  }

  /** Ends as soon as it is stopped. */
  stop(reason: StopReason): void {
    this.stops.push(reason);
    this.end();
  }
}

/** Rows of one owner, and a log of the operations on them. */
class Rows {
  owned: Fence[] = [];
  readonly log: string[] = [];
  away = 0;
  beforeReply = (): void => undefined;

  readonly store = {
    owned: async (): Promise<Fence[]> => {
      const owned = [...this.owned];
      this.beforeReply();
      return owned;
    },
    keep: async (_: string, items: readonly Item[]): Promise<void> => this.did('keep', items),
    release: async (_: string, fences: readonly Fence[]): Promise<Fence[]> => {
      this.did('release', fences);
      return [...fences];
    },
  };

  private did(what: string, fences: readonly Fence[]): void {
    if (this.away-- > 0) throw new CallError('UNAVAILABLE', 'away');
    this.log.push(`${what} ${fences.map(({ id }) => id).join()}`);
  }
}

describe('the work of a process', () => {
  let rows: Rows;
  let registry: { id: string; onReaped(listener: () => void): void };
  let reaped: () => void;
  let queued: Fence[];
  let active: ActiveWork<Item, Fence, Fence>;
  const add = (id: string): Item => {
    const item = new Item(id);
    active.add(item);
    item.over.then(() => active.remove(item));
    return item;
  };
  const handOver = (endBy = 0): Promise<void> =>
    active.handOver(performance.now() + endBy, performance.now() + LATER, new AbortController().signal);

  beforeEach(() => {
    rows = new Rows();
    queued = [];
    registry = { id: 'me', onReaped: (listener) => (reaped = listener) };
    active = new ActiveWork({
      name: 'runs',
      runtime: new Runtime({ name: 'work', logLevel: 'silent' }),
      registry,
      queue: { enqueue: (jobs) => void queued.push(...jobs) },
      store: rows.store,
    });
  });

  it('is stopped when another process owns it, except at its last statement', async () => {
    const [mine, lost, overtaken, finishing] = ['mine', 'lost', 'overtaken', 'finishing'].map(add);
    finishing!.finishing = true;
    rows.owned = [mine!, { id: 'overtaken', epoch: 2 }];
    await active.look();
    expect([mine, lost, overtaken, finishing].map((item) => item!.stops)).toEqual([[], ['lost'], ['lost'], []]);
  });

  it('is not compared with rows of an earlier incarnation', async () => {
    const item = add('a');
    rows.beforeReply = () => (registry.id = 'anew');
    await active.look();
    expect(item.stops).toEqual([]);
  });

  it('that is claimed a second time under one epoch is stopped in both forms; with a higher epoch only the earlier one', async () => {
    const twice = ['same', 'same'].map(add);
    expect(twice.map((item) => item.stops)).toEqual([['lost'], ['lost']]);
    const [earlier, later] = [new Item('other', 1), new Item('other', 2)];
    for (const item of [earlier, later]) active.add(item);
    expect([earlier.stops, later.stops]).toEqual([['lost'], []]);
  });

  it('is lost when this process was taken for dead', () => {
    active.start();
    const item = add('a');
    reaped();
    expect(item.stops).toEqual(['lost']);
  });

  it('that the process does not know of is released at the second check', async () => {
    rows.owned = [{ id: 'stray', epoch: 3 }];
    await active.look();
    expect(rows.log).toEqual([]);
    await active.look();
    expect(rows.log).toEqual(['release stray']);
    expect(queued).toEqual(rows.owned);
  });

  it('is not released while a claim that may have taken it waits for its reply', async () => {
    rows.owned = [{ id: 'claimed', epoch: 1 }];
    let reply = (): void => undefined;
    const claiming = active.whileClaiming(() => new Promise<void>((resolve) => (reply = resolve)));
    for (let looks = 0; looks < 3; looks += 1) await active.look();
    expect(rows.log).toEqual([]);
    reply();
    await claiming;
    await active.look();
    expect(rows.log).toEqual(['release claimed']);
  });

  it('is released although later claims are always in progress', async () => {
    rows.owned = [{ id: 'stray', epoch: 1 }];
    await active.look();
    const claims = [];
    const replies: (() => void)[] = [];
    for (let looks = 0; looks < 2; looks += 1) {
      claims.push(active.whileClaiming(() => new Promise<void>((resolve) => replies.push(resolve))));
      await active.look();
      await active.look();
    }
    expect(rows.log).toContain('release stray');
    for (const reply of replies) reply();
    await Promise.all(claims);
  });

  it('is released when the claim that may have taken it hangs', async () => {
    rows.owned = [{ id: 'stray', epoch: 1 }];
    let reply = (): void => undefined;
    const claiming = active.whileClaiming(() => new Promise<void>((resolve) => (reply = resolve)));
    for (let looks = 0; looks < 4; looks += 1) await active.look();
    expect(rows.log).toEqual(['release stray']);
    reply();
    await claiming;
  });

  it('is handed over: first checkpoints, then the rows, then the jobs', async () => {
    const [one, other] = [add('one'), add('other')];
    rows.away = 1;
    await handOver();
    expect([one.stops, other.stops]).toEqual([['handover'], ['handover']]);
    expect(rows.log).toEqual(['keep one,other', 'release one,other']);
    expect(queued.map(({ id }) => id)).toEqual(['one', 'other']);
  });

  it('is handed over within the same time when the clock jumps meanwhile', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const item = add('one');
    rows.away = 1;
    const handedOver = handOver();
    vi.setSystemTime(Date.now() + 3_600_000);
    await handedOver;
    vi.useRealTimers();
    expect([item.stops, rows.log]).toEqual([['handover'], ['keep one', 'release one']]);
  });

  it('may end by itself before', async () => {
    const item = add('a');
    const handedOver = handOver(LATER);
    item.end();
    await handedOver;
    expect([item.stops, rows.log]).toEqual([[], []]);
  });

  it('is not stopped at its last statement', async () => {
    const item = add('a');
    item.finishing = true;
    const handedOver = handOver();
    item.end();
    await handedOver;
    expect([item.stops, rows.log]).toEqual([[], []]);
  });

  it('is stopped and released although a claim hangs, and another is at its last statement', async () => {
    let reply = (): void => undefined;
    const claiming = active.whileClaiming(() => new Promise<void>((resolve) => (reply = resolve)));
    const [item, finishing] = [add('a'), add('finishing')];
    finishing.finishing = true;
    const handedOver = handOver();
    await vi.waitFor(() => expect(rows.log).toEqual(['keep a', 'release a']));
    expect([item.stops, finishing.stops]).toEqual([['handover'], []]);
    reply();
    await claiming;
    finishing.end();
    await handedOver;
    expect([finishing.stops, rows.log]).toEqual([[], ['keep a', 'release a']]);
  });

  it('is released without being started when it is claimed while the process drains', async () => {
    let reply = (): void => undefined;
    const claiming = active.whileClaiming(async () => {
      await new Promise<void>((resolve) => (reply = resolve));
      return add('late');
    });
    const handedOver = handOver(LATER);
    reply();
    expect((await claiming).stops).toEqual(['handover']);
    await handedOver;
    expect(rows.log).toEqual(['release late']);
  });
});
