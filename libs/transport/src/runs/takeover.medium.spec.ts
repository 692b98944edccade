import { sleep, waitFor } from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RunKeys } from './keys';
import { chatRun, completed, KEYSPACE, Reader, RunBench, type TestGateway, type TestWorker } from './testing';
import type { RunIdentity, RunPosition, RunWriter } from './types';

const NEVER = 3_600_000;

// Real: Redis, its connections, publishers and subscribers. A crash closes the connections of a worker at once.
describe('a run that changes hands', () => {
  let bench: RunBench;
  let gateway: TestGateway;
  let successor: TestWorker;

  beforeAll(async () => {
    bench = await RunBench.start();
    gateway = await bench.gateway();
    successor = await bench.worker();
  });

  afterAll(() => bench.stop());

  /**
   * A worker that flushes only when told, with a run of which `durable` is in the stream and `live` only with readers.
   */
  async function dyingWorker(
    identity: RunIdentity,
    durable: string,
    live: string,
    onFenced: () => void = () => undefined,
  ): Promise<{ worker: TestWorker; writer: RunWriter; reader: Reader }> {
    const worker = await bench.worker({ durableIntervalMs: NEVER });
    const reader = Reader.ofUser(gateway.subscriber, identity.userId);
    await worker.publisher.acquire(identity.runId, 1);
    const writer = worker.publisher.open(identity, { epoch: 1, generation: 1, text: '' }, onFenced);
    writer.append(durable);
    await writer.flush();
    writer.append(live);
    await reader.shows(durable + live);
    reader.forget();
    return { worker, writer, reader };
  }

  async function takeOver(identity: RunIdentity, epoch: number): Promise<RunWriter> {
    const acquired = await successor.publisher.acquire(identity.runId, epoch);
    if (acquired.kind !== 'resumed') throw new Error(`not resumed: ${acquired.kind}`);
    const start = { epoch, generation: acquired.generation, text: acquired.text };
    return successor.publisher.open(identity, start, () => undefined);
  }

  it('resets readers that saw live text that was not durable, once, and all end equal', async () => {
    const identity = chatRun();
    const { worker, reader } = await dyingWorker(
      identity,
      'The durable part',
      ', and what only readers saw',
      () => undefined,
    );
    const follower = await Reader.follow(gateway.subscriber, identity.runId);
    await follower.shows('The durable part, and what only readers saw');
    follower.forget();
    worker.crash();
    const writer = await takeOver(identity, 2);
    expect(writer.text).toBe('The durable part');
    await reader.shows('The durable part');
    await follower.shows('The durable part');
    writer.append(', and another end.');
    await writer.end(completed(writer.position));
    await Promise.all([reader.sawEnd(), follower.sawEnd()]);
    for (const one of [reader, follower]) {
      expect(one.resets).toBe(1);
      expect(one.text).toBe('The durable part, and another end.');
    }
    const stored = await successor.publisher.read(identity.runId);
    expect(stored).toMatchObject({ text: 'The durable part, and another end.', position: { epoch: 2, generation: 1 } });
  });

  it('is invisible if all live text was durable', async () => {
    const identity = chatRun();
    const { worker, reader } = await dyingWorker(identity, 'All of it', '');
    worker.crash();
    const writer = await takeOver(identity, 2);
    writer.append(' goes on');
    await reader.shows('All of it goes on');
    await writer.end(completed(writer.position));
    await reader.sawEnd();
    expect(reader.resets).toBe(0);
  });

  it('starts a new generation where the text cannot be continued', async () => {
    const identity = chatRun();
    const { worker, reader } = await dyingWorker(identity, 'Half a tool ca', 'll');
    worker.crash();
    const acquired = await successor.publisher.acquire(identity.runId, 2);
    expect(acquired).toMatchObject({ kind: 'resumed', generation: 1, offset: 14 });
    const writer = successor.publisher.open(identity, { epoch: 2, generation: 2, text: '' }, () => undefined);
    await reader.shows('');
    writer.append('Anew');
    await writer.end(completed(writer.position));
    await reader.sawEnd();
    expect(reader.text).toBe('Anew');
    expect(reader.resets).toBe(1);
  });

  it('continues from a text that was trimmed, or is longer in Postgres', async () => {
    for (const text of ['Trimmed', 'Trimmed   and longer in Postgres']) {
      const identity = chatRun();
      const { worker, reader } = await dyingWorker(identity, 'Trimmed  ', '');
      worker.crash();
      await successor.publisher.acquire(identity.runId, 2);
      const writer = successor.publisher.open(identity, { epoch: 2, generation: 1, text }, () => undefined);
      writer.append(' …');
      await writer.flush();
      expect((await successor.publisher.read(identity.runId))?.text).toBe(`${text} …`);
      await reader.shows(`${text} …`);
      await writer.end(completed(writer.position));
      await reader.sawEnd();
    }
  });

  it.each([true, false])(
    'whose first owner was paused before its first write asks who owns it: %s',
    async (isOwner) => {
      const identity = chatRun();
      const ownsStill = vi.fn(() => Promise.resolve([isOwner]));
      const paused = await bench.worker({ ownsStill });
      const onFenced = vi.fn();
      paused.publisher.open(identity, { epoch: 1, generation: 1, text: '' }, onFenced).append('Late');
      // As after SIGSTOP, this process does nothing meanwhile. Others had the run, and Redis has forgotten it.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
      if (isOwner) {
        await waitFor(async () => (await successor.publisher.read(identity.runId))?.text === 'Late');
      } else {
        await waitFor(() => onFenced.mock.calls.length === 1);
        expect(await successor.publisher.read(identity.runId)).toBeUndefined();
      }
      expect(ownsStill).toHaveBeenCalledOnce();
    },
  );

  it('fences a stale owner that resumes, and notifies it once', async () => {
    const identity = chatRun();
    const onFenced = vi.fn();
    const { writer: stale, reader } = await dyingWorker(identity, 'one', '', onFenced);
    const writer = await takeOver(identity, 2);
    writer.append(' two');
    await reader.shows('one two');
    stale.append(' WRONG');
    await stale.flush();
    await waitFor(() => onFenced.mock.calls.length === 1);
    stale.append(' WRONG');
    await stale.end(completed(stale.position));
    stale.release();
    writer.append(' three');
    await writer.end(completed(writer.position));
    await reader.sawEnd();
    expect(reader.text).toBe('one two three');
    expect(reader.resets).toBe(0);
    expect((await successor.publisher.read(identity.runId))?.text).toBe('one two three');
    expect(onFenced).toHaveBeenCalledTimes(1);
  });

  it('refuses to acquire with an epoch that is behind', async () => {
    const identity = chatRun();
    expect(await successor.publisher.acquire(identity.runId, 3)).toEqual({ kind: 'empty' });
    expect(await successor.publisher.acquire(identity.runId, 2)).toEqual({ kind: 'fenced', epoch: 3 });
    expect(await successor.publisher.acquire(identity.runId, 3)).toEqual({ kind: 'empty' });
  });

  it('lets the first owner write without an acquire, and fences it if another has acquired before', async () => {
    const ownsStill = vi.fn(() => Promise.resolve([true]));
    const first = await bench.worker({ durableIntervalMs: NEVER, ownsStill });
    const [alone, overtaken] = [chatRun(), chatRun()];
    const onFenced = vi.fn();
    const start = { epoch: 1, generation: 1, text: '' };
    const writer = first.publisher.open(alone, start, onFenced);
    const late = first.publisher.open(overtaken, start, onFenced);
    expect(await successor.publisher.acquire(overtaken.runId, 2)).toEqual({ kind: 'empty' });
    writer.append('mine');
    late.append('not mine any more');
    await writer.flush();
    await late.flush();
    expect(await successor.publisher.read(alone.runId)).toMatchObject({ text: 'mine', position: { epoch: 1 } });
    expect(await successor.publisher.read(overtaken.runId)).toBeUndefined();
    expect(onFenced).toHaveBeenCalledTimes(1);
    expect(ownsStill).not.toHaveBeenCalled();
    expect(await successor.publisher.acquire(alone.runId, 2)).toMatchObject({ kind: 'resumed', text: 'mine' });
  });

  // Postgres has issued an epoch twice: a failover lost the first claim.
  it('lets only the first of two writers of one epoch write, with and without an acquire; the next epoch continues', async () => {
    for (const epoch of [1, 2]) {
      const identity = chatRun();
      const onFenced = vi.fn();
      const start = { epoch, generation: 1, text: '' };
      const first = await bench.worker({ durableIntervalMs: NEVER });
      const second = await bench.worker({ durableIntervalMs: NEVER });
      if (epoch > 1) await first.publisher.acquire(identity.runId, epoch);
      const writer = first.publisher.open(identity, start, () => undefined);
      writer.append('first');
      await writer.flush();
      if (epoch > 1) expect(await second.publisher.acquire(identity.runId, epoch)).toEqual({ kind: 'fenced', epoch });
      const other = second.publisher.open(identity, start, onFenced);
      other.append('SECOND');
      await other.flush();
      expect(onFenced).toHaveBeenCalledTimes(1);
      writer.append(' goes on');
      await writer.flush();
      const after = epoch + 1;
      expect(await second.publisher.acquire(identity.runId, after)).toMatchObject({ text: 'first goes on' });
      writer.append(' WRONG');
      await writer.flush();
      expect(await second.publisher.read(identity.runId)).toMatchObject({
        text: 'first goes on',
        position: { epoch: after },
      });
    }
  });

  it('leaves keys that expire by themselves, since its row may be lost: nobody ends it then', async () => {
    const identity = chatRun();
    const keys = new RunKeys(KEYSPACE);
    const lives = () =>
      Promise.all([keys.stream(identity.runId), keys.meta(identity.runId)].map((key) => bench.command('TTL', key)));
    const nobody = (): void => undefined;
    const first = (await bench.worker()).publisher.open(identity, { epoch: 1, generation: 1, text: '' }, nobody);
    await first.flush();
    first.append('written');
    await first.flush();
    for (const seconds of await lives()) expect(seconds).toBeGreaterThan(80_000);
    first.restart();
    first.append('again');
    await first.flush();
    for (const seconds of await lives()) expect(seconds).toBeGreaterThan(80_000);
    first.release();
    await bench.command('PERSIST', keys.meta(identity.runId));
    expect(await (await bench.worker()).publisher.acquire(identity.runId, 2)).toMatchObject({ text: 'again' });
    for (const seconds of await lives()) expect(seconds).toBeGreaterThan(80_000);
  });

  it('returns a recorded end to a claimant', async () => {
    const identity = chatRun();
    const writer = successor.publisher.open(identity, { epoch: 1, generation: 1, text: '' }, () => undefined);
    writer.append('over');
    const terminal = completed(writer.position);
    await writer.end(terminal);
    expect(await successor.publisher.acquire(identity.runId, 2)).toMatchObject({
      kind: 'resumed',
      text: 'over',
      terminal,
    });
  });

  it('validates a cursor by the bases of the epochs after it', async () => {
    const identity = chatRun();
    const { worker } = await dyingWorker(identity, 'durable', ' and live');
    worker.crash();
    const writer = await takeOver(identity, 2);
    writer.append(' / second epoch');
    await writer.flush();
    const fresh = await bench.gateway();
    const at = (epoch: number, offset: number): RunPosition => ({ epoch, generation: 1, offset });
    const within = await Reader.follow(fresh.subscriber, identity.runId, at(1, 7), 'durable');
    const beyond = await Reader.follow(fresh.subscriber, identity.runId, at(1, 12), 'durable and ');
    const same = await Reader.follow(fresh.subscriber, identity.runId, at(2, 10), 'durable / ');
    await Promise.all([within, beyond, same].map((reader) => reader.shows('durable / second epoch')));
    expect([within, beyond, same].map(({ resets }) => resets)).toEqual([0, 1, 0]);
    await writer.end(completed(writer.position));
    await Promise.all([within, beyond, same].map((reader) => reader.sawEnd()));
  });

  it('waits for the text of a cursor that is ahead of the durable stream', async () => {
    const identity = chatRun();
    const { writer } = await dyingWorker(identity, 'durable', ' live');
    const cursor = { ...writer.position };
    const fresh = await bench.gateway();
    const reader = await Reader.follow(fresh.subscriber, identity.runId, cursor, 'durable live');
    expect(reader.updates).toEqual([]);
    writer.append(' more');
    await reader.shows('durable live more');
    expect(reader.resets).toBe(0);
    writer.release();
  });

  it('ends a run whose last frames and worker are gone: from the stream', async () => {
    const identity = chatRun();
    const { worker, writer, reader } = await dyingWorker(identity, 'almost', '');
    gateway.subscriptions.loses = (message) => message.includes('completed');
    writer.append(' all');
    await writer.end(completed(writer.position));
    worker.crash();
    await reader.sawEnd(4_000);
    gateway.subscriptions.loses = () => false;
    expect(reader.text).toBe('almost all');
  });

  it('ends a run whose terminal event was never published, by the lookup', async () => {
    const identity = chatRun();
    const { worker, writer, reader } = await dyingWorker(identity, 'committed', ' and');
    worker.crash();
    const terminal = { ...completed(writer.position), length: 'committed and told to nobody'.length };
    const position = { epoch: 1, generation: 1, offset: terminal.length };
    bench.rows.set(identity.runId, { identity, position, text: 'committed and told to nobody', terminal });
    await reader.sawEnd(4_000);
    expect(reader.text).toBe('committed and told to nobody');
    expect(reader.resets).toBe(0);
    expect(reader.terminal).toEqual(terminal);
  });

  it('publishes the end of a run without a worker', async () => {
    const identity = chatRun();
    const { worker, writer, reader } = await dyingWorker(identity, 'text', '');
    worker.crash();
    const terminal = { state: 'failed', generation: 1, length: 4, error: { code: 'X', message: 'gone' } } as const;
    await successor.publisher.publishTerminal(identity, writer.position, terminal);
    await reader.sawEnd(400);
    expect(reader.terminal).toEqual(terminal);
    expect(await successor.publisher.read(identity.runId)).toMatchObject({ text: 'text', terminal });
    expect(await bench.command('TTL', `perennial:run:{${identity.runId}}:m`)).toBeGreaterThan(500);
  });

  it('checks a run without a worker with back-off', async () => {
    const identity = chatRun();
    const { worker, reader } = await dyingWorker(identity, 'orphan', '');
    bench.rows.set(identity.runId, { identity, position: { epoch: 1, generation: 1, offset: 0 }, text: '' });
    worker.crash();
    await sleep(5_000);
    const asked = gateway.lookups.filter((runId) => runId === identity.runId).length;
    expect(asked).toBeGreaterThanOrEqual(2);
    expect(asked).toBeLessThanOrEqual(4);
    const writer = await takeOver(identity, 2);
    writer.append(' no more');
    await reader.shows('orphan no more');
    writer.release();
  });

  it.each([
    ['neither stream nor lookup know', true],
    ['the database has lost, while its stream is still there,', false],
  ])('ends a run without a worker that %s as failed', async (_, isForgotten) => {
    const identity = chatRun();
    const { worker, reader } = await dyingWorker(identity, 'lost', '');
    worker.crash();
    const keys = [`perennial:run:{${identity.runId}}:m`, `perennial:run:{${identity.runId}}:s`];
    if (isForgotten) await bench.command('DEL', ...keys);
    await reader.sawEnd();
    expect(reader.terminal).toMatchObject({
      state: 'failed',
      generation: 1,
      length: 4,
      error: { code: 'UNAVAILABLE' },
    });
  });
});
