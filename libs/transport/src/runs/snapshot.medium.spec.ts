import { waitFor } from '@perennial/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { chatRun, Reader, RunBench, type TestGateway, type TestWorker } from './testing';
import type { RunWriter } from './types';

// Real: Redis, its connections, a publisher and a subscriber. The stream is only written when a test does so.
describe('a snapshot of a run that has readers here', () => {
  let bench: RunBench;
  let worker: TestWorker;
  let gateway: TestGateway;

  beforeAll(async () => {
    bench = await RunBench.start();
    worker = await bench.worker({ durableIntervalMs: 600_000 });
    gateway = await bench.gateway();
  });

  afterEach(() => void vi.restoreAllMocks());
  afterAll(() => bench.stop());

  /** A reader with a gap that the subscriber has stopped checking: its lookup in the database hangs. */
  async function torn(): Promise<{ reader: Reader; writer: RunWriter }> {
    const identity = chatRun();
    const reader = Reader.ofUser(gateway.subscriber, identity.userId);
    const writer = worker.publisher.open(identity, { epoch: 1, generation: 1, text: '' }, () => undefined);
    writer.append('first ');
    await reader.shows('first ');
    vi.spyOn(bench.rows, 'get').mockReturnValueOnce(new Promise(() => undefined) as never);
    let lost = false;
    gateway.subscriptions.loses = (message) => message.includes('second') && (lost = true);
    writer.append('second ');
    await waitFor(() => lost, { what: 'a frame to be lost' });
    gateway.subscriptions.loses = () => false;
    writer.append('third ');
    await waitFor(() => gateway.lookups.includes(identity.runId), { what: 'the subscriber to ask for the text' });
    expect(reader.text).toBe('first ');
    return { reader, writer };
  }

  it.each([
    ['the stream', (writer: RunWriter) => writer.flush()],
    [
      'the database',
      ({ identity, position, text }: RunWriter) => void bench.rows.set(identity.runId, { identity, position, text }),
    ],
  ])('is never ahead of them, when its text comes from %s', async (_, keep) => {
    const { reader, writer } = await torn();
    await keep(writer);
    const run = await gateway.subscriber.snapshot(writer.identity.runId);
    expect(run?.text).toBe('first second third ');
    expect(reader.text).toBe(run?.text);
    writer.append('fourth');
    await reader.shows('first second third fourth');
    expect(reader.resets).toBe(0);
  });

  it('never makes a socket that has come from another gateway begin again, when it finds no text yet', async () => {
    const identity = chatRun();
    const { runId, userId } = identity;
    const elsewhere = await bench.socketOf(await bench.gateway(), userId);
    gateway.subscriptions.loses = () => true;
    const writer = worker.publisher.open(identity, { epoch: 1, generation: 1, text: '' }, () => undefined);
    await writer.flush();
    writer.append('seen ');
    await elsewhere.shows('seen ');
    // The socket reconnects here with its text, and another reader's snapshot is the first to name the run.
    const socket = await bench.socketOf(gateway, userId);
    socket.text = elsewhere.text;
    expect((await gateway.subscriber.snapshot(runId))?.text).toBe('');
    gateway.subscriptions.loses = () => false;
    writer.append('and more');
    await socket.shows('seen and more');
  });
});
