import { readEnv } from '@perennial/runtime';
import { seeded } from '@perennial/testing/seeded';
import { z } from 'zod';
import { createVectorStore, vectorStoreEnv } from '../src';
import { points } from './points';

/**
 * A process that writes the same `COUNT` points of `SCOPE` repeatedly, in calls of 200, until it is killed or has done `ROUNDS`. It prints a
 * line for each confirmed call. With `REMOVE` it deletes the scope instead.
 */
const config = readEnv(z.object(vectorStoreEnv), process.env, { service: 'writer' });
const { COLLECTION = '', SCOPE = 'base-1', COUNT = '1000', ROUNDS = '1' } = process.env;
const store = createVectorStore(config);
if (process.env['REMOVE'] !== undefined) {
  await store.delete(COLLECTION, { scopes: [SCOPE] });
  process.stdout.write('removed\n');
  process.exit();
}
const all = points(Number(COUNT), { scope: SCOPE, random: seeded(1) });
for (let round = 0; round < Number(ROUNDS); round += 1) {
  for (let from = 0; from < all.length; from += 200) {
    await store.upsert(COLLECTION, all.slice(from, from + 200));
    process.stdout.write(`${from}\n`);
  }
}
await store.close();
