import { sleep } from '@perennial/testing';
import { seeded } from '@perennial/testing/seeded';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatRun, completed, Reader, RunBench, type TestGateway, type TestWorker } from './testing';
import type { RunPosition, RunWriter } from './types';

const PIECES = [
  'a',
  'word ',
  'ünïcödé ',
  '🙂',
  '👩‍👩‍👧',
  '日本',
  '\n',
  '"quoted\\"',
  ' ',
  '\ud83d',
  '\ude80',
  '\ud83d\ude00\ud83d',
  'NUL\0',
];

/** Whole numbers below a limit: the same ones for the same seed. */
function randomOf(seed: number): (limit: number) => number {
  const next = seeded(seed);
  return (limit) => Math.floor(next() * limit);
}

interface Shown {
  cursor: RunPosition;
  text: string;
}

// Real: Redis, its connections, publishers and subscribers. Each epoch has a worker of its own; a crash closes its connections.
describe('resuming from a cursor', () => {
  let bench: RunBench;
  let gateway: TestGateway;

  beforeAll(async () => {
    bench = await RunBench.start();
    gateway = await bench.gateway();
  });

  afterAll(() => bench.stop());

  /** Every position that a reader may have after this update. */
  function* positionsOf(reader: Reader): Generator<Shown> {
    let text = '';
    for (const update of reader.updates) {
      if (update.kind === 'end') return;
      const { epoch, generation } = update;
      const start = update.kind === 'delta' ? update.offset : 0;
      text = update.kind === 'delta' ? text + update.text : update.text;
      for (let offset = start; offset <= text.length; offset += 1) {
        yield { cursor: { epoch, generation, offset }, text: text.slice(0, offset) };
      }
    }
  }

  async function take(
    worker: TestWorker,
    identity: RunWriter['identity'],
    epoch: number,
    again: boolean,
  ): Promise<RunWriter> {
    const acquired = await worker.publisher.acquire(identity.runId, epoch);
    const found = acquired.kind === 'resumed' ? acquired : { generation: 1, text: '' };
    const start = again
      ? { generation: found.generation + 1, text: '' }
      : { generation: found.generation, text: found.text };
    return worker.publisher.open(identity, { epoch, ...start }, () => undefined);
  }

  it.each([1, 2, 3, 4])('is gapless from every position of a random history, seed %i', async (seed) => {
    const random = randomOf(seed);
    const identity = chatRun();
    bench.rows.set(identity.runId, { identity, position: { epoch: 1, generation: 1, offset: 0 }, text: '' });
    const reader = Reader.ofUser(gateway.subscriber, identity.userId);
    let epoch = 1;
    let worker = await bench.worker({ durableIntervalMs: 40 });
    let writer = await take(worker, identity, epoch, false);
    for (let step = 0; step < 260; step += 1) {
      const dice = random(100);
      if (dice < 4) {
        worker.crash();
        worker = await bench.worker({ durableIntervalMs: 40 });
        epoch += 1;
        writer = await take(worker, identity, epoch, random(4) === 0);
      } else if (dice < 6) {
        writer.restart();
      } else if (dice < 30) {
        await sleep(random(30));
      } else {
        writer.append(PIECES[random(PIECES.length)] ?? '');
      }
    }
    writer.append('.');
    await reader.shows(writer.text);

    const fresh = await bench.gateway();
    const shown = [...positionsOf(reader)];
    const readers: Reader[] = [];
    for (const { cursor, text } of shown)
      readers.push(await Reader.follow(fresh.subscriber, identity.runId, cursor, text));
    writer.append(' And the end 🙂');
    await writer.end(completed(writer.position));
    const late: Reader[] = [];
    for (const { cursor, text } of shown)
      late.push(await Reader.follow(fresh.subscriber, identity.runId, cursor, text));
    late.push(await Reader.follow(fresh.subscriber, identity.runId));
    for (const one of [reader, ...readers, ...late]) {
      await one.sawEnd();
      expect(one.text).toBe(writer.text);
    }
    for (const one of [...readers, ...late]) expect(one.resets).toBeLessThanOrEqual(1);
    expect(Buffer.from(writer.text).toString()).toBe(writer.text);
    expect(shown.length).toBeGreaterThan(50);
  });
});
