import { waitFor } from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RunKeys, shortTag } from './keys';
import { chatRun, completed, KEYSPACE, Reader, RunBench, type TestGateway, type TestWorker } from './testing';
import type { RunWriter } from './types';

// Real: Redis, publishers and subscribers, and malformed data that no version ever wrote.
describe('runs beside malformed data', () => {
  const keys = new RunKeys(KEYSPACE);
  let bench: RunBench;
  let worker: TestWorker;
  let gateway: TestGateway;

  beforeAll(async () => {
    bench = await RunBench.start();
    worker = await bench.worker({ durableIntervalMs: 20 });
    gateway = await bench.gateway();
  });

  afterAll(() => bench.stop());

  async function begin(): Promise<{ reader: Reader; writer: RunWriter }> {
    const identity = chatRun();
    bench.rows.set(identity.runId, { identity, position: { epoch: 1, generation: 1, offset: 0 }, text: '' });
    const reader = await bench.socketOf(gateway, identity.userId);
    const writer = worker.publisher.open(identity, { epoch: 1, generation: 1, text: '' }, vi.fn());
    return { reader, writer };
  }

  async function finish({ reader, writer }: { reader: Reader; writer: RunWriter }): Promise<void> {
    const text = writer.text;
    await waitFor(() => writer.end(completed(writer.position)).then(() => true), { timeoutMs: 8_000 });
    await reader.sawEnd(8_000);
    expect(reader.text).toBe(text);
  }

  const letters = async (): Promise<string[]> =>
    (await gateway.connections.deadLetters.list(1_000)).map(({ source }) => source);

  it('a malformed live frame changes no run, and the next valid one is shown', async () => {
    const run = await begin();
    run.writer.append('before, ');
    await waitFor(() => run.reader.text === 'before, ');
    const identity = run.writer.identity;
    const open = { k: 'o', a: 1, e: 1, n: 1, b: 0, o: 0, t: 'text', i: identity };
    const items: unknown[] = [
      { ...open, t: 7 },
      { ...open, e: 'x' },
      { ...open, o: -1 },
      { ...open, i: {} },
      { k: 'e', a: 1, t: null },
      { k: 'f', i: identity, p: { epoch: 9 }, t: { state: 'completed', generation: 1, length: 0 } },
      { k: 'f', i: identity, p: { epoch: 9, generation: 1, offset: 0 }, t: {} },
      { k: 'u', u: identity.userId, v: null },
      { k: '?' },
    ];
    const frames = [
      ...['null', '{}', '[]', '7', 'no JSON', '[null]', '["w",1]', '["w",1,"x",2]', '["w",-1,0,"x"]', '["w",null]'],
      ...items.map((item) => JSON.stringify(['w', item])),
    ];
    for (const frame of frames)
      await bench.command('PUBLISH', keys.live(shortTag(gateway.connections.processId)), frame);
    run.writer.append('after');
    await finish(run);
    expect(run.reader.resets).toBe(0);
    await waitFor(async () => (await letters()).filter((source) => source === 'live').length === frames.length);
  });

  it('a malformed gateway message stops no worker', async () => {
    const run = await begin();
    const messages = ['null', '7', 'no JSON', '{}', '{"g":1}', '{"g":"x","k":7}', '{"g":"x","w":"y","a":"z"}'];
    for (const message of messages) await bench.command('PUBLISH', keys.interest, message);
    run.writer.append('text');
    await finish(run);
    await waitFor(async () => (await letters()).filter((source) => source === 'interest').length === messages.length);
  });

  it.each<[string, (runId: string) => string[]]>([
    ['an epoch that is no number', (id) => ['HSET', keys.meta(id), 'e', 'x']],
    ['an offset that is no number', (id) => ['HSET', keys.meta(id), 'o', 'x']],
    ['a meta key of another type', (id) => ['SET', keys.meta(id), 'x']],
    ['a stream of another type', (id) => ['SET', keys.stream(id), 'x']],
    ['an entry beyond every offset', (id) => ['XADD', keys.stream(id), '999999999-0', 'x', 'y']],
  ])('%s in the keys of one run delays no run', async (_, poison) => {
    const [run, other] = [await begin(), await begin()];
    for (const { writer } of [run, other]) writer.append('first, ');
    await Promise.all([run, other].map(({ writer }) => writer.flush()));
    await bench.command(...poison(run.writer.identity.runId));
    for (const { writer } of [run, other]) writer.append('second');
    await Promise.all([finish(run), finish(other)]);
    expect((await worker.publisher.read(other.writer.identity.runId))?.text).toBe('first, second');
  });

  it.each<[string, (runId: string) => string[]]>([
    ['keys of another type', (id) => ['SET', keys.meta(id), 'x']],
    ['numbers that are none', (id) => ['HSET', keys.meta(id), 'g', 'x', 'o', 'y']],
    ['an end that is none', (id) => ['HSET', keys.meta(id), 't', '{"state":7}', 'i', '[]']],
  ])('a reader of a run with %s is answered from the database', async (_, poison) => {
    const identity = chatRun();
    const position = { epoch: 1, generation: 1, offset: 5 };
    bench.rows.set(identity.runId, { identity, position, text: 'whole', terminal: completed(position) });
    await bench.command(...poison(identity.runId));
    const reader = await Reader.follow(gateway.subscriber, identity.runId);
    await reader.sawEnd(5_000);
    expect(reader.text).toBe('whole');
    expect((await worker.publisher.acquire(identity.runId, 2)).kind).toBe('empty');
  });

  it("a gateway's registry of another type is written again", async () => {
    const run = await begin();
    await bench.command('SET', keys.held(shortTag(gateway.connections.processId)), 'x');
    run.writer.append('text');
    await waitFor(
      async () => (await bench.command('TYPE', keys.held(shortTag(gateway.connections.processId)))) === 'set',
    );
    await finish(run);
  });
});
