import { readFile } from 'node:fs/promises';
import { freePort, sleep, type ManagedProcess } from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newUser, prose, World } from './world';

const MIB = 2 ** 20;

/** Real: Postgres, Redis, LanceDB, the file system, one built retrieval process. Not real: the embedder. */
describe('2 MB of plain text into a base', () => {
  let world: World;
  let service: ManagedProcess;
  let health: string;
  const user = newUser();
  beforeAll(async () => {
    world = await World.start();
    const port = await freePort();
    health = `http://127.0.0.1:${port}/health/live`;
    service = await world.retrieval('all', { HEALTH_PORT: String(port) });
  }, 120_000);
  afterAll(async () => {
    await world?.stop();
  });

  /** Resident memory of the process that listens: the gate's pid is its own. */
  async function residentMiB(): Promise<number> {
    const status = await readFile(`/proc/${service.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  }

  it('takes at most 60 embedding calls, each chunk once, seconds, little memory, and leaves the process fit to answer', async () => {
    const base = await world.base(user);
    const warm = await world.upload(user, prose(5_000), { knowledgeId: base });
    await world.completed(warm.id);
    await sleep(2_000);
    world.simulator.reset();
    const idle = await residentMiB();
    let peak = idle;
    let slowest = 0;
    let watching = true;
    const watch = (async () => {
      while (watching) {
        const askedAt = performance.now();
        await fetch(health);
        slowest = Math.max(slowest, performance.now() - askedAt);
        peak = Math.max(peak, await residentMiB());
        await sleep(20);
      }
    })();
    const startedAt = performance.now();
    const file = await world.upload(user, prose(2 * MIB), { knowledgeId: base, name: 'long.txt' });
    const row = await world.completed(file.id);
    const seconds = (performance.now() - startedAt) / 1_000;
    watching = false;
    await watch;
    const stats = world.simulator.stats();
    const figures = {
      seconds,
      calls: stats.embed_calls,
      texts: stats.embed_texts,
      chunks: row.chunk_count,
      growthMiB: Math.round(peak - idle),
      slowestHealthMs: Math.round(slowest),
    };
    console.log(JSON.stringify(figures));
    expect(stats.embed_calls).toBeLessThanOrEqual(60);
    expect(stats.embed_texts).toBe(row.chunk_count);
    expect(await world.points(file.id)).toHaveLength(row.chunk_count!);
    // What is to be reached on a quiet machine is 8 s, 50 MiB and 100 ms; here other tests run beside it, and the collector comes late.
    expect(seconds).toBeLessThan(24);
    expect(peak - idle).toBeLessThan(75);
    expect(slowest).toBeLessThan(2_000);
  }, 90_000);
});
