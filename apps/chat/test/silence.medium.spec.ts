import { type ManagedProcess, sleep, waitFor } from '@perennial/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { inWorld } from './in-world';
import type { World } from './world';

/**
 * Real: Postgres, Redis, the transport, built chat processes. Not real: the provider, and a config service that does not answer.
 */
describe('a config service that is silent', () => {
  let world: World;
  let speak: () => void;
  inWorld(async (started) => {
    world = started;
    await world.chat('api');
    world.answers.silence = new Promise((resolve) => (speak = resolve));
  });
  afterAll(() => speak?.());

  it('delays neither a stop nor a hand-over, of answers and of titles', async () => {
    const [worker] = (await world.workers(1, { SHUTDOWN_GRACE_MS: '4000' })) as [ManagedProcess];
    const stopped = await world.ask({ model: 'sim-t20-r100-x', title: true });
    const kept = await world.ask({ model: 'sim-t20-r100-x', title: true });
    for (const { runId } of [stopped, kept]) await world.until(runId, (row) => row.state === 'running', 'the claim');
    await sleep(500);
    // Less than the deadline of the call to config, ten seconds.
    const limitMs = 5_000;
    await world.cancel({ runId: stopped.runId }, stopped.user);
    await world.until(stopped.runId, (row) => row.state === 'cancelled', 'it to be cancelled', limitMs);
    worker.signal('SIGTERM');
    const exit = await waitFor(() => worker.ended, { timeoutMs: limitMs, what: 'the worker to leave' });
    expect(exit).toEqual({ code: 0, signal: null });
    expect(await world.row(kept.runId)).toMatchObject({ state: 'queued', epoch: 1, deaths: 0 });
    speak();
    await world.workers(1);
    expect(await world.complete(kept, await world.follow(kept.runId))).toMatchObject({ epoch: 2, deaths: 0 });
  }, 60_000);
});
