import { runs } from '@perennial/contracts-chat';
import { waitFor } from '@perennial/testing';
import type { UserEvent } from '@perennial/transport';
import { describe, expect, it } from 'vitest';
import { inWorld } from './in-world';
import { newUser, type Turn, type World } from './world';

/** Real: Postgres, Redis, the transport, built chat processes. Not real: config, the provider. */
describe('the place of a turn that waits for a worker', () => {
  let world: World;
  inWorld(async (started) => {
    world = started;
    // Two workers: one of them tells the places.
    await world.chat('api', { MAX_QUEUED_RUNS: '20' });
    await world.workers(2, { WORKER_CONCURRENCY: '1' });
  });

  const LONG = 'sim-t3000-r20-x';

  /** The user's news about places, of the runs' messages. */
  const listen = (turn: Pick<Turn, 'user'>): { events: UserEvent['data'][]; stop(): void } => {
    const events: UserEvent['data'][] = [];
    const stop = world.subscriber.followUser(
      turn.user.userId,
      () => undefined,
      ({ data }) => {
        if (data.type === 'status') events.push(data);
      },
    );
    return { events, stop };
  };
  const before = async (turn: Turn) =>
    (await world.rpc.call(runs.active, { chatId: turn.chatId }, { principal: turn.user })).runs[0]?.before;

  it('is told and may be asked for, is that of the claim, and ends with the claim', async () => {
    const writing = [await world.ask({ model: LONG }), await world.ask({ model: LONG })];
    for (const turn of writing) await world.until(turn.runId, ({ state }) => state === 'running', 'it to be claimed');
    expect(await before(writing[0]!)).toBeUndefined();
    const heavy = newUser();
    const first = await world.ask({ model: LONG, user: heavy });
    const second = await world.ask({ model: LONG, user: heavy });
    const victim = await world.ask({ model: LONG });
    const { events, stop } = listen(victim);
    // The claim prefers a user who has fewer: the heavy user's second turn is behind the victim's.
    expect(await Promise.all([first, victim, second].map(before))).toEqual([0, 1, 2]);
    await waitFor(() => events.some(({ data }) => (data as { position?: number }).position === 1), { what: 'news' });
    expect(events[0]).toMatchObject({
      type: 'status',
      data: { action: 'queued', description: 'Answers before yours: 1.', done: false },
    });

    await world.cancel({ runId: writing[0]!.runId }, writing[0]!.user);
    await waitFor(() => events.some(({ data }) => (data as { position?: number }).position === 0), { what: 'news' });
    await world.cancel({ runId: writing[1]!.runId }, writing[1]!.user);
    await waitFor(() => events.some(({ data }) => (data as { done: boolean }).done), { what: 'the end of the wait' });
    expect(await before(victim)).toBeUndefined();
    stop();
    for (const turn of [first, second, victim]) await world.cancel({ runId: turn.runId }, turn.user);
  });

  it('the last places are for users who have nothing that waits or is being written', async () => {
    const flood = newUser();
    const turns: Turn[] = [];
    for (let n = 0; n < 20; n += 1) turns.push(await world.ask({ model: LONG, user: flood }));
    // Two are being written, 18 wait.
    await expect(world.ask({ model: LONG, user: flood })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const others = [await world.ask({ model: LONG }), await world.ask({ model: LONG })];
    await expect(world.ask({ model: LONG })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await before(others[0]!)).toBe(0);
    for (const { chatId, user } of [...turns, ...others]) await world.cancel({ chatId }, user);
  });
});
