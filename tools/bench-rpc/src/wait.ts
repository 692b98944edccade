import { startRedisSentinel } from '@perennial/testing/servers';
import { Redis } from 'ioredis';

/**
 * What it would cost to wait until a replica has a call too (`WAIT 1`): batches of entries into a stream, as calls are sent, on a primary with two
 * replicas. Rounds with and without alternate on one connection. Last line: `{"round_trip_ratio","round_trip_ratio_of_16"}`.
 */
const ROUNDS = 9;
const BATCHES = 2_000;
const BATCH = 16;
const ENTRY = 'x'.repeat(1_024);
const WAIT_MS = 1_000;

/** Median of a batch's round trip in milliseconds. */
async function roundTrip(redis: Redis, entries: number, waits: boolean): Promise<number> {
  const times: number[] = [];
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const pipeline = redis.pipeline();
    for (let entry = 0; entry < entries; entry += 1) pipeline.xadd('bench', 'MAXLEN', '~', 1_000, '*', 'record', ENTRY);
    if (waits) pipeline.wait(1, WAIT_MS);
    const from = performance.now();
    const replies = (await pipeline.exec()) ?? [];
    times.push(performance.now() - from);
    const failed = replies.find(([error]) => error);
    if (failed?.[0]) throw failed[0];
    if (waits && Number(replies.at(-1)?.[1]) < 1) throw new Error(`no replica had the batch after ${WAIT_MS} ms`);
  }
  return median(times);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

async function compare(redis: Redis, entries: number): Promise<number> {
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const without = await roundTrip(redis, entries, false);
    const waiting = await roundTrip(redis, entries, true);
    ratios.push(waiting / without);
    console.log(`batches of ${entries}: ${without.toFixed(3)} ms, with WAIT 1 ${waiting.toFixed(3)} ms`);
  }
  return Number(median(ratios).toFixed(2));
}

const group = await startRedisSentinel();
const redis = new Redis({ host: '127.0.0.1', port: await group.primaryPort() });
try {
  await roundTrip(redis, 1, true);
  const one = await compare(redis, 1);
  const many = await compare(redis, BATCH);
  console.log(JSON.stringify({ round_trip_ratio: one, round_trip_ratio_of_16: many }));
} finally {
  redis.disconnect();
  await group.stop();
}
