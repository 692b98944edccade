import { sleep } from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatRun, completed, Reader, RunBench } from './testing';

const LIMIT = 12;

// Real: Redis, one worker and one gateway, each with its own connections. Real time, because the figure depends on the pace.
describe('the bytes that a text costs on the wire to Redis', () => {
  let bench: RunBench;

  beforeAll(async () => {
    bench = await RunBench.start();
  });

  afterAll(() => bench.stop());

  async function bytesIn(): Promise<number> {
    return Number(/total_net_input_bytes:(\d+)/.exec(String(await bench.command('INFO', 'stats')))?.[1]);
  }

  /** Streams at a steady rate; due tokens are appended together, as a provider's chunks arrive. */
  async function measure(streams: number, tokensPerSecond: number, tokensEach: number, start = ''): Promise<number> {
    const token = 'word ';
    const worker = await bench.worker();
    const gateway = await bench.gateway();
    const runs = Array.from({ length: streams }, () => {
      const identity = chatRun();
      const reader = Reader.ofUser(gateway.subscriber, identity.userId);
      return { reader, identity, phase: Math.random() };
    });
    const writers = runs.map(({ identity }) =>
      worker.publisher.open(identity, { epoch: 1, generation: 1, text: start }, () => undefined),
    );
    await Promise.all(writers.map((writer) => writer.flush()));
    await Promise.all(runs.map(({ reader }) => reader.shows(start)));
    const before = await bytesIn();
    const cpu = process.cpuUsage();
    const startedAt = performance.now();
    const written = runs.map(() => 0);
    while (written.some((tokens) => tokens < tokensEach)) {
      await sleep(3);
      const seconds = (performance.now() - startedAt) / 1_000;
      for (const [index, writer] of writers.entries()) {
        const due = Math.min(tokensEach, Math.floor(seconds * tokensPerSecond + (runs[index]?.phase ?? 0)));
        for (let count = written[index] ?? 0; count < due; count += 1) writer.append(token);
        written[index] = due;
      }
    }
    await Promise.all(writers.map((writer) => writer.end(completed(writer.position))));
    await Promise.all(runs.map(({ reader }) => reader.sawEnd()));
    await sleep(1_600);
    const used = process.cpuUsage(cpu);
    const bytes = (await bytesIn()) - before;
    const text = streams * tokensEach * Buffer.byteLength(token);
    const perMillion = ((used.user + used.system) / 1e6 / (streams * tokensEach)) * 1e6;
    const ratio = bytes / text;
    console.log(
      `${streams} x ${tokensEach} tokens at ${tokensPerSecond}/s: ${ratio.toFixed(2)} bytes into Redis per byte of text, ` +
        `${perMillion.toFixed(1)} CPU-s per 1M tokens (worker, gateway and the test in one process)`,
    );
    for (const { reader } of runs) expect(reader.text).toBe(start + token.repeat(tokensEach));
    return ratio;
  }

  it('stays within 12 bytes per byte for 200 streams of 30 tokens a second', async () => {
    expect(await measure(200, 30, 150)).toBeLessThanOrEqual(LIMIT);
  });

  it('stays within 12 bytes per byte for one answer at 100,000 characters', async () => {
    expect(await measure(1, 300, 2_000, 'x'.repeat(95_000))).toBeLessThanOrEqual(LIMIT);
  });
});
