import { Inject, Injectable } from '@nestjs/common';
import { Runtime, VersionedCache, withTimeout } from '@perennial/runtime';
import {
  type Connections,
  type FleetMember,
  isRedisUnavailable,
  readFleet,
  redisUnavailable,
} from '@perennial/transport';

/** Injection token of a function that reads the fleet's registry. */
export const FLEET_REGISTRY = Symbol('FLEET_REGISTRY');

/** One reading serves everyone who asks within this time. */
const FRESH_MS = 500;
const READ_MS = 2_000;
const KEY = 'fleet';

/** @returns reads the registry in Redis; rejects with UNAVAILABLE while Redis is away or hangs */
export function registryOf(connections: Connections): () => Promise<FleetMember[]> {
  return () =>
    withTimeout(readFleet(connections), READ_MS, redisUnavailable).catch((error: unknown) => {
      throw isRedisUnavailable(error) ? redisUnavailable() : error;
    });
}

/** The processes of the installation. */
@Injectable()
export class Fleet {
  private readonly cache = new VersionedCache<FleetMember[]>({ maxAgeMs: FRESH_MS });

  constructor(
    @Inject(FLEET_REGISTRY) private readonly read: () => Promise<FleetMember[]>,
    runtime: Runtime,
  ) {
    const help = 'Processes of the installation by service and state, as every gateway sees them: take the maximum';
    runtime.metrics.gauge('fleet_processes', help, ['fleet_service', 'state'], async (gauge) => {
      gauge.reset();
      for (const { service, state } of await this.members()) gauge.inc({ fleet_service: service, state });
    });
  }

  /** All but commands of operators; half a second old at most. */
  async members(): Promise<FleetMember[]> {
    const all = await this.cache.get(KEY, this.read);
    return all.filter(({ service }) => service !== 'cli');
  }
}
