import { type Gauge, type Metrics, sharedReading } from '@perennial/runtime';
import type { Connections } from './connections';
import type { RedisClient } from './create-redis';

/** Well within the time that a scrape waits for a reading. */
const ANSWERS_MS = 500;

/** What INFO says of the server, and the time of the round trip. Empty while Redis is away, or if the server refuses INFO. */
type ServerInfo = Readonly<Record<string, string | number | undefined>>;

/**
 * Redis as this process sees it, and what the server says of itself: one INFO for each scrape. Every process exports the server's values, so
 * take their maximum, never their sum.
 */
export function observeRedis(connections: Connections, metrics: Metrics): void {
  const { commands, capacity } = connections;
  metrics.gauge('redis_connected', '1 while the connection for commands to Redis is usable', [], (gauge) =>
    gauge.set(commands.status === 'ready' ? 1 : 0),
  );
  metrics.gauge('redis_full', '1 while Redis refuses writes of this process because its memory is full', [], (gauge) =>
    gauge.set(capacity.isFull ? 1 : 0),
  );

  const read = sharedReading(() => readInfo(connections), {});
  const show = (value: (info: ServerInfo) => string | number | undefined) => async (gauge: Gauge) => {
    const shown = value(await read());
    if (shown === undefined) gauge.remove();
    else gauge.set(Number(shown));
  };
  metrics.gauge(
    'redis_memory_used_bytes',
    'Memory that the Redis server uses',
    [],
    show((info) => info['used_memory']),
  );
  metrics.gauge(
    'redis_memory_max_bytes',
    'maxmemory of the Redis server; 0 is no limit',
    [],
    show((info) => info['maxmemory']),
  );
  metrics.gauge(
    'redis_evicts',
    '1 if the Redis server may drop keys when it is full: its maxmemory-policy is not noeviction',
    [],
    show((info) => info['maxmemory_policy'] && Number(info['maxmemory_policy'] !== 'noeviction')),
  );
  metrics.gauge(
    'redis_evicted_keys',
    'Keys that the Redis server has dropped since its start',
    [],
    show((info) => info['evicted_keys']),
  );
  metrics.gauge(
    'redis_clients',
    'Connections to the Redis server, of all its clients',
    [],
    show((info) => info['connected_clients']),
  );
  metrics.gauge(
    'redis_commands_per_second',
    'Commands that the Redis server executes a second',
    [],
    show((info) => info['instantaneous_ops_per_sec']),
  );
  metrics.gauge(
    'redis_round_trip_seconds',
    'Time of one round trip to Redis, measured at the scrape',
    [],
    show((info) => info['round_trip_seconds']),
  );
}

/** On a Cluster the highest value of all primaries, since each can be the one that is full, and one that evicts is one too many. One that hangs is left out. */
async function readInfo(connections: Connections): Promise<ServerInfo> {
  if (connections.commands.status !== 'ready') return {};
  const infos = await connections.askServers(readServer, ANSWERS_MS);
  return infos.reduce<ServerInfo>((worst, info) => {
    const merged = { ...worst };
    for (const [name, value] of Object.entries(info ?? {})) {
      const known = merged[name];
      const isWorse = name === 'maxmemory_policy' ? value !== 'noeviction' : Number(value) > Number(known);
      if (known === undefined || isWorse) merged[name] = value;
    }
    return merged;
  }, {});
}

async function readServer(redis: RedisClient): Promise<ServerInfo> {
  const startedAt = performance.now();
  const text = await redis.info();
  const lines = text.split('\r\n').map((line) => [...line.split(':', 1), line.slice(line.indexOf(':') + 1)]);
  return { ...Object.fromEntries(lines), round_trip_seconds: (performance.now() - startedAt) / 1_000 };
}
