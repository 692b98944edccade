import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newUser, prose, World } from './world';

const MIB = 2 ** 20;

/** Real: Postgres, Redis, LanceDB, the file system, one built retrieval process. Not real: the embedder. */
describe('2 MB of plain text into a base', () => {
  let world: World;
  const user = newUser();
  beforeAll(async () => {
    world = await World.start();
    await world.retrieval('all');
  }, 120_000);
  afterAll(async () => {
    await world?.stop();
  });

  // Time, memory and health are measured by `npm run bench:retrieval`, because they need a quiet machine.
  it('takes at most 60 embedding calls, with each chunk once', async () => {
    const base = await world.base(user);
    // The first document of an installation also has its model's dimension asked for.
    const first = await world.upload(user, prose(5_000), { knowledgeId: base });
    const { chunk_count: chunks } = await world.completed(first.id);
    expect(world.simulator.stats().embed_texts).toBe(chunks! + 1);
    world.simulator.reset();
    const file = await world.upload(user, prose(2 * MIB), { knowledgeId: base, name: 'long.txt' });
    const row = await world.completed(file.id);
    const { embed_calls: calls, embed_texts: texts } = world.simulator.stats();
    expect(calls).toBeLessThanOrEqual(60);
    expect(texts).toBe(row.chunk_count);
    expect(await world.points(file.id)).toHaveLength(row.chunk_count!);
  }, 90_000);
});
