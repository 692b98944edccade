import { chats } from '@perennial/contracts-chat';
import { missingServer, waitFor } from '@perennial/testing';
import { type PgBouncer, pgbouncerBinary, startPgBouncer } from '@perennial/testing/servers';
import { afterAll, describe, expect, it } from 'vitest';
import { inWorld } from './in-world';
import type { World } from './world';

const missing = await missingServer('PgBouncer', pgbouncerBinary);

/** Real: PgBouncer in transaction mode with three connections to Postgres, Redis, built chat processes. Not real: config, the provider. */
describe.skipIf(missing !== undefined)('chat behind a pooler', () => {
  let world: World;
  let pooler: PgBouncer;
  inWorld(async (started) => {
    world = started;
    pooler = await startPgBouncer({ upstream: world.stores.databaseUrl, poolSize: 3 });
    const env = {
      DATABASE_URL: pooler.url,
      DATABASE_POOLER: 'transaction',
      DATABASE_DIRECT_URL: world.stores.databaseUrl,
    };
    await world.chat('api', env);
    await world.workers(2, env);
  });
  afterAll(() => pooler?.stop());

  it('answers turns at once, stops one, takes over from a dead worker, lists and searches', async () => {
    const turns = await Promise.all(Array.from({ length: 12 }, () => world.ask({ model: 'sim-t300-r100-x' })));
    const readers = await Promise.all(turns.map(({ runId }) => world.follow(runId)));
    const [stopped, taken] = turns;
    await readers[0]!.has(50);
    expect(await world.cancel({ runId: stopped!.runId }, stopped!.user)).toEqual([stopped!.runId]);
    await readers[1]!.has(50);
    await (await world.ownerOf(taken!.runId)).kill();
    for (const [i, turn] of turns.entries()) if (i > 0) await world.complete(turn, readers[i]!);
    expect((await readers[0]!.ended(20_000)).terminal.state).toBe('cancelled');

    const as = { principal: taken!.user };
    expect((await world.rpc.call(chats.list, { page: 1 }, as)).items).toHaveLength(1);
    const word = taken!.prompt.split('-')[0]!.replace('Prompt ', '');
    await waitFor(async () => (await world.rpc.call(chats.search, { text: word }, as)).items.length === 1, {
      what: 'the search to find the prompt',
    });
  }, 60_000);
});
