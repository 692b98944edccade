import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ColourReply, ColourRequest } from './colours';
import { type ColourWorker, WorkerColourer } from './worker-colourer';

/** A worker whose answers the test gives. */
class ScriptedWorker implements ColourWorker {
  onmessage: Worker['onmessage'] = null;
  onerror: Worker['onerror'] = null;
  readonly asked: ColourRequest[] = [];
  isEnded = false;

  postMessage(request: ColourRequest): void {
    this.asked.push(request);
  }

  terminate(): void {
    this.isEnded = true;
  }

  say(reply: ColourReply): void {
    this.onmessage?.call(this as unknown as Worker, { data: reply } as MessageEvent<ColourReply>);
  }

  answer(): void {
    const { id, text } = this.asked.at(-1)!;
    this.say({ kind: 'coloured', id, runs: Uint32Array.of(0, text.length, 0) });
  }

  die(): void {
    this.onerror?.call(this as unknown as Worker, new Event('error') as ErrorEvent);
  }
}

describe('the worker that colours code', () => {
  let workers: ScriptedWorker[];
  let colourer: WorkerColourer;
  const wish = (text: string, signal = new AbortController().signal) => colourer.colour('ts', text, signal);
  const worker = (at = -1): ScriptedWorker => workers.at(at)!;

  beforeEach(() => {
    vi.useFakeTimers();
    workers = [];
    colourer = new WorkerColourer(() => {
      workers.push(new ScriptedWorker());
      return worker();
    });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('comes with the first wish, answers one after another, and keeps what it found', async () => {
    expect(workers.length).toBe(0);
    const both = [wish('a'), wish('bc')];
    expect(worker().asked).toEqual([]);
    worker().say({ kind: 'ready' });
    expect(worker().asked.map(({ text }) => text)).toEqual(['a']);
    worker().answer();
    worker().answer();
    expect(await Promise.all(both)).toEqual([Uint32Array.of(0, 1, 0), Uint32Array.of(0, 2, 0)]);
    expect(colourer.known('ts', 'bc')).toEqual(Uint32Array.of(0, 2, 0));
    expect(colourer.known('js', 'bc')).toBeUndefined();
    await wish('a');
    expect(worker().asked.length).toBe(2);
  });

  it('is ended when it hangs: its text stays plain, and the next one gets another worker', async () => {
    const both = [wish('hangs'), wish('next')];
    worker().say({ kind: 'ready' });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await both[0]).toBeUndefined();
    expect([worker(0).isEnded, workers.length]).toEqual([true, 2]);
    // Too late.
    worker(0).say({ kind: 'coloured', id: 1, runs: Uint32Array.of(0, 1, 0) });
    worker().say({ kind: 'ready' });
    worker().answer();
    expect(await both[1]).toEqual(Uint32Array.of(0, 4, 0));
  });

  it('is not asked for any more when three in a row died, hung or did not come', async () => {
    const wishes = [wish('a'), wish('b'), wish('c'), wish('d')];
    worker().die();
    worker().say({ kind: 'ready' });
    worker().die();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await Promise.all(wishes)).toEqual([undefined, undefined, undefined, undefined]);
    expect(await wish('e')).toBeUndefined();
    expect(workers.map(({ isEnded }) => isEnded)).toEqual([true, true, true]);
  });

  it('may not be there at all', async () => {
    colourer = new WorkerColourer(() => {
      throw new Error('no workers');
    });
    expect(await Promise.all([wish('a'), wish('b'), wish('c'), wish('d')])).toEqual(Array(4).fill(undefined));
  });

  it('is not asked for what nobody wants any more, and gives its memory back', async () => {
    const abort = new AbortController();
    const both = [wish('a'), wish('b', abort.signal)];
    worker().say({ kind: 'ready' });
    abort.abort();
    worker().answer();
    expect(await Promise.all(both)).toEqual([Uint32Array.of(0, 1, 0), undefined]);
    expect(worker().asked.length).toBe(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(worker().isEnded).toBe(true);
    void wish('c');
    expect(workers.length).toBe(2);
  });
});
