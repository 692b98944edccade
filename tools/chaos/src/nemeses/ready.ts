import type { ServiceName } from '@perennial/launcher';
import type { Ground } from '../ground/ground';
import type { Nemesis } from './nemesis';

export async function allReady({ system, scale }: Ground): Promise<void> {
  for (const service of Object.keys(scale) as ServiceName[])
    for (let instance = 1; instance <= scale[service]; instance += 1) await system.ready(service, instance);
}

/** Faults of one of several: each first waits until all replicas are ready, or it might be the only one that is left. */
export function ofOneOfSeveral(nemeses: readonly Nemesis[]): Nemesis[] {
  return nemeses.map((nemesis) => ({ ...nemesis, prepare: ({ ground }) => allReady(ground) }));
}
