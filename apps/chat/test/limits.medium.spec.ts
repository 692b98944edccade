import { describe, expect, it } from 'vitest';
import { inWorld } from './in-world';
import type { World } from './world';

/** Real: Postgres, Redis, the transport, built chat processes. Not real: config, the provider. */
describe('bounds of the queue and of time', () => {
  let world: World;
  inWorld(async (started) => {
    world = started;
    await world.chat('api', { MAX_QUEUED_RUNS: '2' });
  });

  it('refuses every user’s turns beyond the queue, and ends an answer that takes too long with its text so far', async () => {
    const model = 'sim-t600-r20-x';
    const turns = [await world.ask({ model }), await world.ask({ model })];
    await expect(world.ask({ model })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      details: { retryAfter: expect.any(Number) },
    });
    await world.chat('worker', { MAX_RUN_SECONDS: '3' });
    for (const turn of turns) {
      const reader = await world.follow(turn.runId);
      const end = await reader.ended();
      expect(end.terminal).toMatchObject({ state: 'failed', error: { code: 'DEADLINE_EXCEEDED' } });
      expect(reader.faults).toEqual([]);
      expect(reader.text.length).toBeGreaterThan(50);
      expect(await world.message(turn)).toMatchObject({ content: reader.text, extra: { incomplete: true } });
    }
    await world.ask({ model: 'sim-t5-r100-x' });
  }, 60_000);
});
