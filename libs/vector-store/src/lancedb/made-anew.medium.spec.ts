import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seeded } from '@perennial/testing/seeded';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { points } from '../../test/points';
import { ResilientDriver } from '../resilience/resilient-driver';
import { CheckedStore } from '../store';
import { LancedbDriver } from './lancedb-driver';

const FACTS = { system: 'lancedb', capabilities: { hybrid: true, sharedBetweenHosts: false }, batchSize: 500 };

/** On a real directory, with two drivers as two processes have them. */
describe('a LanceDB collection that was lost and recreated', () => {
  let directory: string;
  let stores: CheckedStore[];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'perennial-lancedb-'));
    stores = [1, 2].map(
      () => new CheckedStore(new ResilientDriver(FACTS, async () => new LancedbDriver({ directory }))),
    );
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('is not confused with the former one, by its creator or other processes, at any version', async () => {
    const [maker, other] = stores as [CheckedStore, CheckedStore];
    for (const round of ['first', 'second']) {
      await maker.ensureCollection('t', { dimension: 8 });
      for (let n = 0; n < 6; n += 1) {
        const fileId = `${round}-${n}`;
        await maker.upsert('t', points(10, { fileId, random: seeded(n + 1) }));
        for (const store of stores) {
          expect(await store.count('t', { fileIds: [fileId] })).toBe(10);
          expect(await store.count('t', { fileIds: [`first-${n}`] })).toBe(round === 'first' ? 10 : 0);
        }
      }
      if (round === 'first') await other.dropCollection('t');
    }
  });
});
