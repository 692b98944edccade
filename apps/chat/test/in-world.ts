import { afterAll, beforeAll } from 'vitest';
import { World } from './world';

/** A world for the tests of a suite: `begin` gets it before the first, and it stops after the last. */
export function inWorld(begin: (world: World) => Promise<unknown>): void {
  let world: World | undefined;
  beforeAll(async () => {
    world = await World.start();
    await begin(world);
  }, 60_000);
  afterAll(() => world?.stop());
}
