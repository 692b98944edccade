import { Runtime } from '@perennial/runtime';
import { expect, it } from 'vitest';
import type { ClaimedFile } from './claimed-file';
import type { IngestionRepository } from './ingestion.repository';
import { SlowLane } from './slow-lane';

it('a recording enters the lane before its server is asked, or leaves its turn', async () => {
  const repository = { othersWait: () => Promise.resolve(false) } as unknown as IngestionRepository;
  const lane = new SlowLane(repository, new Runtime({ name: 'retrieval', logLevel: 'silent' }));
  const told: string[] = [];
  const turn = (name: string) => ({
    onLane: () => told.push(`${name} enters`),
    onRefused: () => told.push(`${name} refused`),
  });
  const file = { userId: 'ada', slow: false } as ClaimedFile;
  await lane.run(file, turn('first'), async (enter) => {
    expect(lane.isFree).toBe(true);
    enter();
    enter();
    expect(lane.isFree).toBe(false);
    await lane.run(file, turn('second'), async (enterSecond) => Promise.resolve(enterSecond()));
  });
  expect(told).toEqual(['first enters', 'second refused']);
  expect(lane.isFree).toBe(true);
});
