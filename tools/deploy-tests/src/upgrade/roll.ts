import { type RunningSystem, type ServiceName, SERVICES } from '@perennial/launcher';

/** In the order of the guides: chat before the gateways. */
export const UPWARD: readonly ServiceName[] = ['auth', 'config', 'retrieval', 'chat', 'gateway'];
export const DOWNWARD: readonly ServiceName[] = [...UPWARD].reverse();

export interface RollOptions {
  system: RunningSystem;
  /** The clone that runs afterwards. */
  root: string;
  order: readonly ServiceName[];
  /** How many processes of each service; the first ones. */
  replicas: number;
  log: (line: string) => void;
}

/**
 * Replaces one process after another with that of another version, each with SIGTERM, and the next as soon as its successor is ready.
 *
 * @returns what was wrong with an end: every process has to end by itself, with exit code 0
 */
export async function roll({ system, root, order, replicas, log }: RollOptions): Promise<string[]> {
  const wrong: string[] = [];
  for (const service of order) {
    for (let instance = 1; instance <= replicas; instance += 1) {
      const from = Date.now();
      const { code, signal } = await system.replace(service, instance, root);
      log(`${service}-${instance} was replaced in ${((Date.now() - from) / 1_000).toFixed(1)} s`);
      if (code !== 0) wrong.push(`${service}-${instance} ended with ${signal ?? code}`);
    }
  }
  return wrong;
}

/** Of all services: the number of processes. */
export function scale(replicas: number): Record<ServiceName, number> {
  return Object.fromEntries(SERVICES.map((service) => [service, replicas])) as Record<ServiceName, number>;
}
