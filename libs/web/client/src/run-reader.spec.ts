import type { FollowRun } from '@perennial/contracts-gateway';
import type { RunEnd } from '@perennial/contracts-wire';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RunReader } from './run-reader';

const END: RunEnd = { state: 'completed', generation: 1, length: 5, finish_reason: 'stop', usage: null, error: null };

/** A browser's EventSource; the test sends its events. */
class Source {
  static readonly CLOSED = 2;
  static opened: Source[] = [];
  readyState = 0;
  onopen?: () => void;
  onerror?: () => void;
  isClosed = false;
  private readonly listeners = new Map<string, (event: { lastEventId: string; data: string }) => void>();

  constructor(readonly url: string) {
    Source.opened.push(this);
  }

  addEventListener(name: string, listener: (event: { lastEventId: string; data: string }) => void): void {
    this.listeners.set(name, listener);
  }

  send(name: string, lastEventId: string, data: object): void {
    if (!this.isClosed) this.listeners.get(name)?.({ lastEventId, data: JSON.stringify(data) });
  }

  close(): void {
    this.isClosed = true;
  }

  /** The server answered with a status that is none of success. */
  async refuse(): Promise<void> {
    this.readyState = Source.CLOSED;
    this.onerror!();
    await vi.advanceTimersByTimeAsync(0);
  }
}

type Followed = boolean | 'gone' | undefined;

/** A connected socket; the test answers what is asked. */
function socket() {
  const asked: (FollowRun & { withinMs: number; answer: (accepted: Followed) => Promise<void> })[] = [];
  const left: number[] = [];
  return {
    asked,
    left,
    follow: (follow: FollowRun, withinMs: number) =>
      new Promise<Followed>((resolve) => {
        const answer = async (accepted: Followed) => {
          resolve(accepted);
          await vi.advanceTimersByTimeAsync(0);
        };
        asked.push({ ...follow, withinMs, answer });
      }),
    leave: (line: number) => left.push(line),
  };
}

/** The text of a run as a page shows it. */
function shown() {
  const seen = { text: '', connected: true, ends: [] as RunEnd[], pieces: 0 };
  const listener = {
    onText: (offset: number, text: string) => {
      seen.pieces += 1;
      seen.text = seen.text.slice(0, offset) + text;
    },
    onEnd: (end: RunEnd) => seen.ends.push(end),
    onConnected: (connected: boolean) => void (seen.connected = connected),
  };
  return { seen, listener };
}

describe('the answers that a page reads', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('EventSource', Source);
    Source.opened = [];
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('come over its one socket, several at once, and each once', async () => {
    const reader = new RunReader();
    const line = socket();
    reader.connected(line);
    const [one, other] = [shown(), shown()];
    reader.follow('one', one.listener);
    reader.follow('other', other.listener);
    for (const { answer } of line.asked) await answer(true);
    const [a, b] = line.asked.map(({ line }) => line);
    reader.text(a!, '1.1.5', 'Hello');
    reader.text(b!, '1.1.2', 'Hi');
    reader.text(a!, '1.1.7', ', ');
    reader.text(a!, '2.1.4', 'p');
    reader.end(a!, END);
    reader.end(a!, END);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([one.seen.text, one.seen.ends.length, other.seen.text, Source.opened.length]).toEqual(['Help', 1, 'Hi', 0]);
  });

  it('continue at their cursor over the next socket; what the old line still brings is nobody’s', async () => {
    const reader = new RunReader();
    const [first, second] = [socket(), socket()];
    reader.connected(first);
    const { seen, listener } = shown();
    reader.follow('r', listener);
    await first.asked[0]!.answer(true);
    reader.text(first.asked[0]!.line, '1.1.5', 'Hello');
    reader.disconnected();
    reader.disconnected();
    expect(seen.connected).toBe(false);
    await vi.advanceTimersByTimeAsync(14_000);
    reader.connected(second);
    expect(second.asked[0]).toMatchObject({ run_id: 'r', cursor: '1.1.5' });
    await second.asked[0]!.answer(true);
    reader.text(first.asked[0]!.line, '1.1.6', '?');
    reader.text(second.asked[0]!.line, '2.1.6', '!');
    await vi.advanceTimersByTimeAsync(60_000);
    expect([seen.connected, seen.text, Source.opened.length]).toEqual([true, 'Hello!', 0]);
  });

  it('come by event streams where no socket can be had, and go over to the socket when there is one', async () => {
    const reader = new RunReader();
    const { seen, listener } = shown();
    reader.follow('r', listener);
    await vi.advanceTimersByTimeAsync(2_900);
    expect(Source.opened).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    const [stream] = Source.opened;
    expect(stream!.url).toBe('/api/v1/runs/r/events');
    stream!.send('delta', '1.1.5', { offset: 0, text: 'Hello' });
    stream!.onerror!();
    await vi.advanceTimersByTimeAsync(400);
    const again = Source.opened[1]!;
    expect(again.url).toBe('/api/v1/runs/r/events?cursor=1.1.5');
    again.send('reset', '1.2.4', { text: 'Anew' });
    const line = socket();
    reader.connected(line);
    expect([again.isClosed, line.asked[0]]).toEqual([true, expect.objectContaining({ cursor: '1.2.4' })]);
    again.send('delta', '1.2.5', { offset: 4, text: '?' });
    await line.asked[0]!.answer(true);
    reader.text(line.asked[0]!.line, '1.2.5', '!');
    expect([seen.text, seen.pieces]).toEqual(['Anew!', 3]);
  });

  it('stay on their event streams while sockets are opened and lost again, and a new one waits for 3 s', async () => {
    const reader = new RunReader();
    const { seen, listener } = shown();
    reader.follow('r', listener);
    await vi.advanceTimersByTimeAsync(3_000);
    for (let nth = 0; nth < 20; nth += 1) {
      reader.opened();
      await vi.advanceTimersByTimeAsync(500);
      reader.disconnected();
    }
    Source.opened[0]!.send('delta', '1.1.5', { offset: 0, text: 'Hello' });
    expect([seen.text, seen.connected, Source.opened.length]).toEqual(['Hello', true, 1]);
    reader.follow('another', shown().listener);
    for (let nth = 0; nth < 6; nth += 1) {
      reader.opened();
      await vi.advanceTimersByTimeAsync(500);
      reader.disconnected();
    }
    expect(Source.opened).toHaveLength(2);
  });

  it('come by event streams 3 s after a socket was lost to a server that is too old to be asked', async () => {
    const reader = new RunReader();
    reader.connected(socket());
    reader.follow('r', shown().listener);
    reader.disconnected();
    await vi.advanceTimersByTimeAsync(5_000);
    reader.opened();
    await vi.advanceTimersByTimeAsync(2_900);
    expect(Source.opened).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    expect(Source.opened).toHaveLength(1);
    reader.disconnected();
    reader.opened();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([Source.opened.length, Source.opened[0]!.isClosed]).toEqual([1, false]);
  });

  it('come by event streams when a server does not reply for longer than Redis needs to fail over', async () => {
    const reader = new RunReader();
    const line = socket();
    reader.connected(line);
    const { seen, listener } = shown();
    reader.follow('r', listener);
    expect(line.asked[0]!.withinMs).toBe(15_000);
    await line.asked[0]!.answer(undefined);
    Source.opened[0]!.send('end', '1.1.5', END);
    expect([seen.ends, Source.opened[0]!.isClosed, line.left]).toEqual([[END], true, [line.asked[0]!.line]]);
  });

  it('are asked for again when the server cannot read them now, and not after they were left', async () => {
    const reader = new RunReader();
    const line = socket();
    reader.connected(line);
    const { seen, listener } = shown();
    const leave = reader.follow('r', listener);
    await line.asked[0]!.answer(false);
    expect(seen.connected).toBe(false);
    await vi.advanceTimersByTimeAsync(300);
    await line.asked[1]!.answer(false);
    await vi.advanceTimersByTimeAsync(300);
    expect(line.asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(300);
    await line.asked[2]!.answer(true);
    expect(seen.connected).toBe(true);
    leave();
    reader.text(line.asked[2]!.line, '1.1.1', 'x');
    reader.disconnected();
    reader.connected(line);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([seen.text, line.asked.length, Source.opened.length]).toEqual(['', 3, 0]);
    expect(line.left).toEqual(line.asked.map(({ line }) => line));
  });

  it('end when the server says that there is no such answer, and are not asked for again', async () => {
    const reader = new RunReader();
    const line = socket();
    reader.connected(line);
    const { seen, listener } = shown();
    reader.follow('r', listener);
    await line.asked[0]!.answer(false);
    await vi.advanceTimersByTimeAsync(300);
    await line.asked[1]!.answer('gone');
    reader.disconnected();
    reader.connected(line);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen.ends).toMatchObject([{ state: 'failed', error: { code: 'answer_not_found' } }]);
    expect([line.asked.length, Source.opened.length]).toEqual([2, 0]);
  });

  it('end by event streams that are refused because there is no such answer, not by those of a server that is busy', async () => {
    const statuses = [503, 404];
    const looked: string[] = [];
    vi.stubGlobal('fetch', (address: string) => {
      looked.push(address);
      return Promise.resolve(new Response(null, { status: statuses.shift() }));
    });
    const { seen, listener } = shown();
    new RunReader().follow('r', listener);
    await vi.advanceTimersByTimeAsync(3_000);
    const refuseNext = async () => {
      await Source.opened.at(-1)!.refuse();
      await vi.advanceTimersByTimeAsync(5_000);
    };
    await refuseNext();
    await refuseNext();
    expect(looked).toEqual([]);
    await refuseNext();
    expect([seen.ends, Source.opened.length, looked.length]).toEqual([[], 4, 1]);
    await refuseNext();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen.ends).toMatchObject([{ state: 'failed', error: { code: 'answer_not_found' } }]);
    expect([Source.opened.length, looked.length]).toEqual([4, 2]);
  });
});
