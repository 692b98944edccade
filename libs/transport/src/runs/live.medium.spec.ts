import { randomUUID } from 'node:crypto';
import { sleep, waitFor } from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { RunKeys, shortTag } from './keys';
import { chatRun, completed, KEYSPACE, Reader, RunBench, type TestGateway, type TestWorker } from './testing';
import type { RunIdentity, RunWriter, UserEvent } from './types';

// Real: Redis, its connections, publisher and subscriber. Not real: the database behind the lookup.
describe('the live path', () => {
  let bench: RunBench;
  let worker: TestWorker;
  let gateway: TestGateway;

  beforeAll(async () => {
    bench = await RunBench.start();
    worker = await bench.worker();
    gateway = await bench.gateway();
  });

  afterAll(() => bench.stop());

  function open(identity: RunIdentity, text = ''): RunWriter {
    bench.rows.set(identity.runId, { identity, position: { epoch: 1, generation: 1, offset: 0 }, text: '' });
    return worker.publisher.open(identity, { epoch: 1, generation: 1, text }, () => undefined);
  }

  it('shows a user every run of their chats, gapless, with one end', async () => {
    const identity = chatRun();
    const reader = await bench.socketOf(gateway, identity.userId);
    await worker.publisher.acquire(identity.runId, 1);
    const writer = open(identity);
    for (let n = 0; n < 100; n += 1) {
      writer.append(`token ${n} `);
      if (n % 10 === 0) await sleep(5);
    }
    await reader.shows(writer.text);
    await writer.end(completed(writer.position));
    await reader.sawEnd();
    expect(reader.resets).toBe(0);
    expect(reader.updates.length).toBeLessThan(30);
    // The end is sent twice on purpose.
    await sleep(1_600);
    expect(reader.ends).toBe(1);
    expect(gateway.lookups).toEqual([]);
  });

  it('does not lose a run that ends before the registry was read', async () => {
    const identity = chatRun();
    const reader = Reader.ofUser(gateway.subscriber, identity.userId);
    const writer = open(identity);
    writer.append('short');
    void writer.end(completed(writer.position));
    await reader.sawEnd();
    expect(reader.text).toBe('short');
  });

  it('shows a socket that connects during a run all text, also text that is not durable yet', async () => {
    const identity = chatRun();
    const writer = open(identity);
    writer.append('durable, ');
    await writer.flush();
    await sleep(30);
    writer.append('live');
    const reader = Reader.ofUser(gateway.subscriber, identity.userId);
    await reader.shows('durable, live', 150);
    expect(reader.updates[0]?.kind).toBe('reset');
    const second = Reader.ofUser(gateway.subscriber, identity.userId);
    expect(second.text).toBe('durable, live');
    writer.append(' on');
    await reader.shows('durable, live on');
    await second.shows('durable, live on');
    await writer.end(completed(writer.position));
    await Promise.all([reader.sawEnd(), second.sawEnd()]);
  });

  it('sends text and end at once to a socket that connects after the end', async () => {
    const identity = chatRun();
    const other = await bench.gateway();
    const writer = open(identity);
    writer.append('all of it');
    const first = Reader.ofUser(gateway.subscriber, identity.userId);
    await writer.end(completed(writer.position));
    await first.sawEnd();
    // The end is sent twice, the second time also to new readers.
    const late: string[] = [];
    other.subscriber.followUser(
      identity.userId,
      ({ kind }, { text, terminal }) => late.push(`${kind} ${text} ${terminal?.state}`),
      () => undefined,
    );
    await waitFor(() => late.length === 2, { what: 'the end to be told again' });
    expect(late).toEqual(['reset all of it completed', 'end all of it completed']);
  });

  it('shows sockets the text of a snapshot that is ahead of the frames, and continues after it', async () => {
    const identity = chatRun();
    const reader = Reader.ofUser(gateway.subscriber, identity.userId);
    gateway.subscriptions.loses = () => true;
    const writer = open(identity);
    writer.append('first words');
    await writer.flush();
    expect((await gateway.subscriber.snapshot(identity.runId))?.text).toBe('first words');
    expect(reader.text).toBe('first words');
    gateway.subscriptions.loses = () => false;
    writer.append(', and more');
    await reader.shows('first words, and more');
    await writer.end(completed(writer.position));
    await reader.sawEnd();
    expect(reader.resets).toBe(1);
  });

  it('gives the same update object to all followers at the same offset', async () => {
    const identity = chatRun();
    const [one, two] = [
      Reader.ofUser(gateway.subscriber, identity.userId),
      Reader.ofUser(gateway.subscriber, identity.userId),
    ];
    const writer = open(identity);
    writer.append('same');
    await waitFor(() => one.updates.length === 1 && two.updates.length === 1);
    expect(one.updates[0]).toBe(two.updates[0]);
    await writer.end(completed(writer.position));
    await one.sawEnd();
  });

  it('does not show a plain completion to sockets, only to its own readers', async () => {
    const identity = chatRun({ chatId: undefined, messageId: undefined });
    const socket = Reader.ofUser(gateway.subscriber, identity.userId);
    const writer = open(identity);
    await writer.flush();
    expect(worker.publisher.hasReader(identity.runId)).toBe(false);
    const reader = await Reader.follow(gateway.subscriber, identity.runId);
    await waitFor(() => worker.publisher.hasReader(identity.runId), { timeoutMs: 200 });
    writer.append('only here');
    await reader.shows('only here');
    reader.following?.();
    await waitFor(() => !worker.publisher.hasReader(identity.runId), { timeoutMs: 4_000 });
    await writer.end(completed(writer.position));
    expect(socket.updates).toEqual([]);
  });

  it('serves two gateways from one encoding', async () => {
    const other = await bench.gateway();
    const identity = chatRun();
    const readers = [
      Reader.ofUser(gateway.subscriber, identity.userId),
      Reader.ofUser(other.subscriber, identity.userId),
    ];
    const writer = open(identity);
    const follower = await Reader.follow(other.subscriber, identity.runId);
    for (let n = 0; n < 50; n += 1) {
      writer.append(`${n},`);
      await sleep(2);
    }
    await writer.end(completed(writer.position));
    await Promise.all([...readers, follower].map((reader) => reader.sawEnd()));
    for (const reader of [...readers, follower]) expect(reader.text).toBe(writer.text);
  });

  it('keeps a cursor, not a buffer, for a slow reader', async () => {
    const identity = chatRun();
    const writer = open(identity);
    writer.append('a');
    const reader = await Reader.follow(gateway.subscriber, identity.runId);
    await reader.shows('a');
    reader.following?.pause();
    for (let n = 0; n < 20; n += 1) {
      writer.append('b');
      await sleep(12);
    }
    expect(reader.text).toBe('a');
    const before = reader.updates.length;
    await waitFor(async () => (await gateway.subscriber.snapshot(identity.runId))?.text === writer.text);
    reader.following?.resume();
    expect(reader.text).toBe(writer.text);
    expect(reader.updates.length).toBe(before + 1);
    reader.following?.pause();
    writer.restart();
    writer.append('again');
    await writer.end(completed(writer.position));
    await waitFor(async () => (await gateway.subscriber.snapshot(identity.runId))?.terminal);
    expect(reader.ends).toBe(0);
    reader.following?.resume();
    expect(reader.text).toBe('again');
    expect(reader.ends).toBe(1);
  });

  it('replaces everything with a new generation, at once and in the stream', async () => {
    const identity = chatRun();
    const reader = await bench.socketOf(gateway, identity.userId);
    const writer = open(identity);
    writer.append('first attempt');
    await reader.shows('first attempt');
    writer.restart();
    expect(writer.position).toEqual({ epoch: 1, generation: 2, offset: 0 });
    await reader.shows('');
    writer.append('second');
    await writer.flush();
    await reader.shows('second');
    expect(await worker.publisher.read(identity.runId)).toMatchObject({ position: { generation: 2 }, text: 'second' });
    await writer.end(completed(writer.position));
    await reader.sawEnd();
    expect(reader.resets).toBe(1);
    expect(await bench.command('TTL', `perennial:run:{${identity.runId}}:s`)).toBeGreaterThan(500);
    expect(await bench.command('TTL', `perennial:run:{${identity.runId}}:m`)).toBeGreaterThan(500);
  });

  it('accepts a cursor of a generation that is not in the stream yet', async () => {
    const slow = await bench.worker({ durableIntervalMs: 3_600_000 });
    const identity = chatRun();
    const writer = slow.publisher.open(identity, { epoch: 1, generation: 1, text: '' }, () => undefined);
    writer.append('first');
    await writer.flush();
    writer.restart();
    writer.append('second');
    const fresh = await bench.gateway();
    const reader = await Reader.follow(fresh.subscriber, identity.runId, { ...writer.position }, 'second');
    writer.append(' text');
    await reader.shows('second text');
    expect(reader.resets).toBe(0);
    await writer.end(completed(writer.position));
    await reader.sawEnd();
  });

  it('hands out checkpoints once', () => {
    const writer = open(chatRun());
    expect(writer.takeUncheckpointed()).toBeUndefined();
    writer.append('one ');
    writer.append('two');
    expect(writer.takeUncheckpointed()).toEqual({ generation: 1, from: 0, text: 'one two' });
    expect(writer.takeUncheckpointed()).toBeUndefined();
    writer.append('!');
    expect(writer.takeUncheckpointed()).toEqual({ generation: 1, from: 7, text: '!' });
    writer.restart();
    writer.append('new');
    expect(writer.takeUncheckpointed()).toEqual({ generation: 2, from: 0, text: 'new' });
    writer.release();
  });

  it('sends small events to the sockets of a user, wherever they are', async () => {
    const userId = randomUUID();
    const other = await bench.gateway();
    const seen: UserEvent[] = [];
    for (const { subscriber } of [gateway, other])
      subscriber.followUser(
        userId,
        () => undefined,
        (event) => seen.push(event),
      );
    await sleep(50);
    const event = { chat_id: 'c', message_id: 'm', data: { type: 'chat:title', data: 'A title' } };
    await worker.publisher.notifyUser(userId, event);
    await waitFor(() => seen.length === 2);
    expect(seen).toEqual([event, event]);
  });

  it('rejects with NOT_FOUND for an unknown run', async () => {
    await expect(gateway.subscriber.follow(randomUUID(), undefined, () => undefined)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await gateway.subscriber.snapshot(randomUUID())).toBeUndefined();
  });

  it('follows a queued run from its row, then live', async () => {
    const identity = chatRun({ chatId: undefined });
    bench.rows.set(identity.runId, { identity, position: { epoch: 0, generation: 0, offset: 0 }, text: '' });
    const reader = await Reader.follow(gateway.subscriber, identity.runId);
    expect(reader.updates).toEqual([]);
    await worker.publisher.acquire(identity.runId, 1);
    const writer = open(identity);
    writer.append('here it is');
    await reader.shows('here it is');
    expect(reader.resets).toBe(0);
    await writer.end(completed(writer.position));
    await reader.sawEnd();
  });

  it('tells its readers that the worker of a silent run lives, also when the clock is corrected', async () => {
    const identity = chatRun();
    const reader = Reader.ofUser(gateway.subscriber, identity.userId);
    const writer = open(identity);
    writer.append('thinking');
    await reader.shows('thinking');
    let frames = 0;
    const live = new RunKeys(KEYSPACE).live(shortTag(gateway.connections.processId));
    const stop = await gateway.subscriptions.subscribe(live, () => (frames += 1));
    onTestFinished(() => void vi.useRealTimers());
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 9 * 60_000 });
    await waitFor(() => frames >= 3, { timeoutMs: 20_000 });
    vi.useRealTimers();
    stop();
    await writer.end(completed(writer.position));
    await reader.sawEnd();
  });

  it('costs a silent run no lookups while its worker lives', async () => {
    const identity = chatRun();
    const { lookups } = gateway;
    const reader = Reader.ofUser(gateway.subscriber, identity.userId);
    const writer = open(identity);
    writer.append('thinking');
    await reader.shows('thinking');
    const read = async (): Promise<number> => {
      const info = String(await bench.command('INFO', 'commandstats'));
      return Number(/cmdstat_xrange:calls=(\d+)/.exec(info)?.[1] ?? 0);
    };
    // A machine that was blocked may have missed a heartbeat and checked once, but not for as long as the run is silent.
    let quiet = false;
    for (let windows = 0; !quiet && windows < 4; windows += 1) {
      const asked = lookups.length;
      const reads = await read();
      await sleep(3_500);
      quiet = lookups.length === asked && (await read()) === reads;
    }
    expect(quiet).toBe(true);
    writer.append(' done');
    await reader.shows('thinking done');
    writer.release();
  });
});
