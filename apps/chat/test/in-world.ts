import { afterAll, beforeAll } from 'vitest';
import { World } from './world';

/**
 * A world for the tests of a suite: `begin` gets it before the first, and it stops after the last.
 * @param options `apart`: with servers of its own, for tests that stop one or count what it does
 */
export function inWorld(begin: (world: World) => Promise<unknown>, options: { apart?: boolean } = {}): void {
  let world: World | undefined;
  beforeAll(async () => {
    world = await World.start(options);
    await begin(world);
  }, 60_000);
  afterAll(() => world?.stop());
}
