import type { FileProgress } from '@perennial/contracts-wire';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { followFileStatus, followPendingFiles } from './file-status';

/** A browser's EventSource without a connection. */
class Source {
  static readonly CLOSED = 2;
  static opened: Source[] = [];
  readyState = 0;
  onmessage?: (event: { data: string }) => void;
  onerror?: () => void;

  constructor(readonly address: string) {
    Source.opened.push(this);
  }

  close(): void {
    this.readyState = Source.CLOSED;
  }

  say(state: unknown): void {
    this.onmessage?.({ data: JSON.stringify(state) });
  }

  /** `refused`: by an HTTP status; the browser itself reopens a broken connection. */
  fail(refused: boolean): void {
    if (refused) this.readyState = Source.CLOSED;
    this.onerror?.();
  }
}

describe('following a file', () => {
  let status: number;
  let told: FileProgress[];
  beforeEach(() => {
    vi.useFakeTimers();
    status = 503;
    told = [];
    Source.opened = [];
    vi.stubGlobal('EventSource', Source);
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('{}', { status })));
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  const begin = () => followFileStatus('f', (progress) => told.push(progress));

  it('continues after broken connections and busy servers, until the file is ingested', async () => {
    begin();
    Source.opened[0]!.say({ status: 'pending' });
    Source.opened[0]!.fail(false);
    await vi.advanceTimersByTimeAsync(500);
    Source.opened[1]!.fail(true);
    await vi.advanceTimersByTimeAsync(1_000);
    Source.opened[2]!.say({ status: 'completed' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told).toEqual([{ status: 'pending' }, { status: 'completed' }]);
    expect(Source.opened.length).toBe(3);
  });

  it('ends when the file is deleted', async () => {
    begin();
    status = 404;
    Source.opened[0]!.fail(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told).toEqual([{ status: 'failed', error: 'The file was deleted.' }]);
    expect(Source.opened.length).toBe(1);
    const lists: unknown[] = [];
    followPendingFiles('b', (files) => lists.push(files));
    Source.opened[1]!.fail(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(lists).toEqual([[]]);
  });

  it('is silent once it is stopped', async () => {
    const stop = begin();
    status = 404;
    Source.opened[0]!.fail(true);
    stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told).toEqual([]);
    expect(Source.opened.length).toBe(1);
  });
});
