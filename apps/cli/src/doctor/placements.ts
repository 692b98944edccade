import { type BlobStoreConfig, blobStorePrints } from '@perennial/blob-store';
import { storeFaults } from '@perennial/retrieval/operator';
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

/** Whether every running process that keeps files has the stores of `BLOB_STORES` as they are declared here. */
export async function checkNamedStores(config: BlobStoreConfig, redis: z.output<typeof callEnv>): Promise<Finding[]> {
  if (config.BLOB_STORES.size === 0) return [];
  const prints = blobStorePrints(config);
  const faults = storeFaults(await withRedis(redis, readFleet), Object.keys(prints), prints);
  if (faults.length === 0) return [ok('stores of files', 'every process has them as they are declared here')];
  return [
    failed(
      'stores of files',
      faults.join('; '),
      'Give every gateway, chat and retrieval, and this command, the same BLOB_STORES, and restart those named.',
    ),
  ];
}
