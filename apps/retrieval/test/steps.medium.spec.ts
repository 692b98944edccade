import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newUser, prose, World } from './world';

/** Real: Postgres, Redis, LanceDB, the file system, the transport, built retrieval processes, killed. Not real: the embedder. */
describe('workers that die', () => {
  let world: World;
  const user = newUser();
  beforeAll(async () => {
    world = await World.start();
    await world.retrieval('api');
  }, 120_000);
  afterEach(() => world.endProcesses('worker'));
  afterAll(async () => {
    await world?.stop();
  });

  it('an undisturbed file goes through all steps and can be found', async () => {
    await world.workers(1);
    const file = await world.upload(user, prose(20_000));
    const row = await world.completed(file.id);
    expect(row).toMatchObject({ live_generation: 1, attempts: 0, epoch: 1, owner: null });
    expect(await world.count('chunks', 'file_id = $1', file.id)).toBe(row.chunk_count);
    expect((await world.points(file.id)).map((point) => point.ordinal)).toEqual(
      Array.from({ length: row.chunk_count! }, (_, n) => n),
    );
  }, 60_000);
});
