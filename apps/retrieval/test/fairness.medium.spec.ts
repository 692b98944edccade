import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newUser, World } from './world';

const MANY = 1_000;

/** Real: Postgres, Redis, LanceDB, the file system, built retrieval processes. Not real: the embedder. */
describe('users take turns', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
    await world.retrieval('api');
  }, 120_000);
  afterAll(async () => {
    await world?.stop();
  });

  it('a thousand files of one do not delay the first of another', async () => {
    const [many, one] = [newUser(), newUser()];
    const texts = Array.from({ length: MANY }, (_, n) => `File ${n} of many.`);
    const upload = async (): Promise<void> => {
      for (let text = texts.pop(); text !== undefined; text = texts.pop()) await world.upload(many, text);
    };
    await Promise.all(Array.from({ length: 20 }, upload));
    await world.workers(1);
    await world.until(
      (await world.db.query<{ id: string }>(`SELECT id FROM files ORDER BY rank LIMIT 1`)).rows[0]!.id,
      (row) => row.state === 'completed',
      'the work to begin',
    );
    const before = await world.count('files', `user_id = $1 AND state = 'completed'`, many.userId);
    const file = await world.upload(one, 'The only one.');
    await world.completed(file.id);
    const after = await world.count('files', `user_id = $1 AND state = 'completed'`, many.userId);
    expect(after - before).toBeLessThanOrEqual(12);
    expect(before).toBeLessThan(MANY / 2);
  }, 120_000);
});
