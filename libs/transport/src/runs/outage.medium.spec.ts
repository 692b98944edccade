import { sleep, waitFor } from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { chatRun, completed, Reader, RunBench, type TestGateway, type TestWorker } from './testing';
import type { RunWriter } from './types';

// Real: Redis (really killed, emptied, paused), its connections, publishers and subscribers.
describe('runs while Redis fails', () => {
  let bench: RunBench;
  let worker: TestWorker;
  let gateway: TestGateway;

  beforeAll(async () => {
    bench = await RunBench.start();
    worker = await bench.worker();
    gateway = await bench.gateway();
  });

  afterAll(() => bench.stop());

  function begin(from: TestWorker = worker): { reader: Reader; writer: RunWriter; onFenced: () => void } {
    const identity = chatRun();
    const onFenced = vi.fn();
    bench.rows.set(identity.runId, { identity, position: { epoch: 1, generation: 1, offset: 0 }, text: '' });
    const reader = Reader.ofUser(gateway.subscriber, identity.userId);
    const writer = from.publisher.open(identity, { epoch: 1, generation: 1, text: '' }, onFenced);
    return { reader, writer, onFenced };
  }

  /** Appends numbered tokens for a while, one each 4 ms. */
  async function write(writer: RunWriter, tokens: number): Promise<void> {
    for (let n = 0; n < tokens; n += 1) {
      writer.append(`${writer.position.offset}-ünï🙂 `);
      await sleep(4);
    }
  }

  async function finish(writer: RunWriter, reader: Reader, timeoutMs = 8_000): Promise<void> {
    const text = writer.text;
    await waitFor(() => writer.end(completed(writer.position)).then(() => true), {
      timeoutMs,
      what: 'the end to be written',
    });
    await reader.sawEnd(timeoutMs);
    expect(reader.text).toBe(text);
    expect((await worker.publisher.read(writer.identity.runId))?.text).toBe(text);
  }

  it('does not write twice what was appended when the connection broke', async () => {
    const { reader, writer } = begin();
    for (let round = 0; round < 5; round += 1) {
      const writing = write(writer, 60);
      await sleep(100);
      void writer.flush().catch(() => undefined);
      await bench.cutOff(worker.connections);
      await writing;
    }
    await finish(writer, reader);
    expect(reader.resets).toBe(0);
  });

  it('loses no text for readers whose subscription broke', async () => {
    const { reader, writer } = begin();
    for (let round = 0; round < 3; round += 1) {
      const writing = write(writer, 50);
      await sleep(60);
      await bench.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await writing;
    }
    await finish(writer, reader);
    expect(reader.resets).toBe(0);
  });

  it('fills the gap of a lost frame', async () => {
    const { reader, writer } = begin();
    writer.append('first ');
    await reader.shows('first ');
    let lost = 0;
    gateway.subscriptions.loses = () => (lost += 1) % 3 === 0;
    await write(writer, 150);
    gateway.subscriptions.loses = () => false;
    await reader.shows(writer.text);
    expect(lost).toBeGreaterThan(20);
    expect(gateway.lookups).not.toContain(writer.identity.runId);
    await finish(writer, reader);
    expect(reader.resets).toBe(0);
  });

  it('requests a lost first frame', async () => {
    const identity = chatRun();
    gateway.subscriptions.loses = (message) => message.includes(identity.runId);
    const reader = Reader.ofUser(gateway.subscriber, identity.userId);
    const writer = worker.publisher.open(identity, { epoch: 1, generation: 1, text: '' }, () => undefined);
    await write(writer, 30);
    expect(reader.text).toBe('');
    gateway.subscriptions.loses = () => false;
    await reader.shows(writer.text);
    await finish(writer, reader);
  });

  it('restores a lost registry', async () => {
    const { reader, writer } = begin();
    await write(writer, 10);
    await bench.command(
      'EVAL',
      "for _, k in ipairs(redis.call('KEYS', 'perennial:held:*')) do redis.call('DEL', k) end",
      '0',
    );
    await bench.command('DEL', 'perennial:gateways');
    await write(writer, 600);
    await reader.shows(writer.text);
    const late = begin();
    late.writer.append('a new run is seen, too');
    await late.reader.shows('a new run is seen, too');
    await finish(writer, reader);
    await finish(late.writer, late.reader);
  });

  it('writes the stream again when Redis was emptied', async () => {
    const { reader, writer } = begin();
    await write(writer, 60);
    await writer.flush();
    await bench.command('FLUSHALL');
    await write(writer, 60);
    await writer.flush();
    expect((await worker.publisher.read(writer.identity.runId))?.text).toBe(writer.text);
    const fresh = await Reader.follow(gateway.subscriber, writer.identity.runId);
    await write(writer, 20);
    await fresh.shows(writer.text);
    await finish(writer, reader);
    await fresh.sawEnd();
    expect(reader.resets).toBe(0);
  });

  it('checks the owner of a run before it writes it again, and gives up a run that it lost', async () => {
    const asked: unknown[] = [];
    const slept = await bench.worker({
      ownsStill: async (runs) => {
        asked.push(...runs);
        return runs.map(() => false);
      },
    });
    const { writer, onFenced } = begin(slept);
    await writer.flush();
    writer.append('old');
    await writer.flush();
    await bench.command('FLUSHALL');
    writer.append(' news');
    await waitFor(() => vi.mocked(onFenced).mock.calls.length === 1);
    expect(asked).toEqual([{ runId: writer.identity.runId, epoch: 1 }]);
    expect(await worker.publisher.read(writer.identity.runId)).toBeUndefined();
  });

  it('continues after Redis was killed and came back empty', async () => {
    const { reader, writer } = begin();
    await write(writer, 30);
    const writing = write(writer, 500);
    await sleep(200);
    await bench.redis.restartEmpty();
    await expect(writing).resolves.toBeUndefined();
    await reader.shows(writer.text, 4_000);
    await finish(writer, reader);
    expect(reader.resets).toBe(0);
  });

  it('a reader that comes while the connection of its gateway is broken waits until it is back', async () => {
    const identity = chatRun();
    const writer = worker.publisher.open(identity, { epoch: 1, generation: 1, text: '' }, vi.fn());
    await write(writer, 5);
    await writer.flush();
    // Nobody here knows the run yet, so it has to be read.
    gateway.connections.commands.disconnect(true);
    expect(await gateway.subscriber.snapshot(identity.runId)).toMatchObject({ identity: { runId: identity.runId } });
    gateway.connections.commands.disconnect(true);
    const reader = await Reader.follow(gateway.subscriber, identity.runId);
    await reader.shows(writer.text, 2_000);
    await finish(writer, reader);
  });

  it('keeps the text while Redis is away, rejects flushes, and writes it later', async () => {
    const { reader, writer } = begin();
    await write(writer, 5);
    await bench.redis.kill();
    await write(writer, 100);
    await expect(writer.flush()).rejects.toThrow();
    await expect(gateway.subscriber.follow('unknown', undefined, () => undefined)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    await worker.publisher.notifyUser('somebody', { chat_id: '', message_id: '', data: { type: 'x', data: 0 } });
    const ending = writer.end(completed(writer.position));
    await expect(ending).rejects.toThrow();
    await bench.redis.start();
    // No caller repeats the call: the writer retries by itself.
    await reader.sawEnd(8_000);
    expect(reader.text).toBe(writer.text);
  });

  it('survives a Redis that pauses for 5 s', async () => {
    const { reader, writer } = begin();
    await write(writer, 20);
    await reader.shows(writer.text);
    // A reader that learnt of the run only after its first words began with one.
    const resets = reader.resets;
    await bench.command('CLIENT', 'PAUSE', '5000', 'ALL');
    await write(writer, 1_400);
    await reader.shows(writer.text, 4_000);
    await finish(writer, reader);
    expect(reader.resets).toBe(resets);
  });
});
