import { placementPrints, type Placements } from '@perennial/runtime';
import { readFleet, strangersTo } from '@perennial/transport';
import type { z } from 'zod';
import type { callEnv } from '../environment';
import { withRedis } from '../redis';
import { failed, type Finding, ok } from './finding';

/** Whether every running process has each placement as it is declared here. */
export async function checkPlacements(placements: Placements, redis: z.output<typeof callEnv>): Promise<Finding[]> {
  if (placements.size === 0) return [];
  const fleet = await withRedis(redis, readFleet);
  return Object.entries(placementPrints(placements)).map(([name, print]) => {
    const check = `placement ${name}`;
    const { unknown, different } = strangersTo(name, print, fleet);
    const faults = [
      ...unknown.map(({ instance }) => `${instance} does not know it`),
      ...different.map(({ instance }) => `${instance} has another definition`),
    ];
    if (faults.length === 0) return ok(check, 'every process has it as it is declared here');
    return failed(
      check,
      faults.join('; '),
      'Give every process, and this command, the same PLACEMENTS, and restart those named.',
    );
  });
}
