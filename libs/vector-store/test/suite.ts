import { afterAll, beforeAll, describe, it } from 'vitest';
import { contract } from './contract';
import { faults, type Part } from './faults';
import type { Subject } from './subject';

/**
 * Holds a store to the contract, and to its promises when something is killed: one server for both. No mocks.
 *
 * @param parts of the store, whose faults are tested too
 * @param missing why it cannot run on this machine
 * @param own further tests on the same server
 */
export function testStore(
  name: string,
  start: () => Promise<Subject>,
  { parts = [], missing, own }: { parts?: readonly Part[]; missing?: string; own?: () => void } = {},
): void {
  if (missing !== undefined) {
    it.skip(`${name} is not tested here: ${missing}`, () => undefined);
    return;
  }
  let subject: Subject;
  const running = (): Subject => subject;
  beforeAll(async () => {
    subject = await start();
  }, 180_000);
  afterAll(() => subject?.close());
  describe(`${name}: contract`, { timeout: 60_000 }, () => contract(running));
  if (own) describe(`${name}: its own`, { timeout: 60_000 }, own);
  describe(`${name}: faults`, { timeout: 120_000 }, () => faults(running, parts));
}
