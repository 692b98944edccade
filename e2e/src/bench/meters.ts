import { readFileSync } from 'node:fs';
import type { RunningSystem } from '@perennial/launcher';
import { Redis } from 'ioredis';
import { Client } from 'pg';

const TICKS_PER_SECOND = 100;
const SERVICES = ['gateway', 'auth', 'chat', 'retrieval', 'config'];

/**
 * CPU-seconds of a process since its start; optionally with its children, including ended ones (Postgres forks a process for each
 * connection).
 */
export function cpuSeconds(pid: number, withChildren: boolean): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const own = (fields[11] ?? 0) + (fields[12] ?? 0) + (withChildren ? (fields[13] ?? 0) + (fields[14] ?? 0) : 0);
  if (!withChildren) return own / TICKS_PER_SECOND;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return own / TICKS_PER_SECOND + children.reduce((sum, child) => sum + childSeconds(Number(child)), 0);
}

/** A child that has ended meanwhile counts as an ended one of its parent from the next reading on. */
function childSeconds(pid: number): number {
  try {
    return cpuSeconds(pid, true);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

/** Resident memory of a process in MiB. */
export function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** Counters of a whole system at one moment. */
export interface Reading {
  /** CPU-seconds by service, Redis and Postgres among them. */
  cpu: Record<string, number>;
  redisBytesIn: number;
  /** Statements, without those that begin or end a transaction or set the session. */
  sql: number;
}

/** Reads the resource use of a running system from outside. */
export class Meters {
  private readonly redis: Redis;
  private readonly postgres: Client;

  private constructor(private readonly system: RunningSystem) {
    this.redis = new Redis(system.redisUrl);
    this.postgres = new Client({ connectionString: system.postgresUrl });
  }

  static async open(system: RunningSystem): Promise<Meters> {
    const meters = new Meters(system);
    // After a failed measurement the stores stop first.
    meters.postgres.on('error', () => undefined);
    meters.redis.on('error', () => undefined);
    await meters.postgres.connect();
    await meters.postgres.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
    return meters;
  }

  async read(): Promise<Reading> {
    const cpu: Record<string, number> = {};
    for (const { service, pid } of this.system.run) {
      if (service === 'model') continue;
      cpu[service] = (cpu[service] ?? 0) + cpuSeconds(pid, service === 'postgres');
    }
    const info = await this.redis.info('stats');
    const { rows } = await this.postgres.query<{ calls: string; query: string }>(
      `SELECT sum(calls) AS calls FROM pg_stat_statements
       WHERE query !~* '^\\s*(begin|start transaction|commit|rollback|savepoint|release|set|show|discard)' AND query !~* 'pg_stat_statements'`,
    );
    return {
      cpu,
      redisBytesIn: Number(/total_net_input_bytes:(\d+)/.exec(info)?.[1]),
      sql: Number(rows[0]?.calls ?? 0),
    };
  }

  /** Statements by how often they ran, for a closer look. */
  async statements(): Promise<{ calls: number; query: string }[]> {
    const { rows } = await this.postgres.query<{ calls: string; query: string }>(
      'SELECT calls, query FROM pg_stat_statements ORDER BY calls DESC LIMIT 40',
    );
    return rows.map(({ calls, query }) => ({ calls: Number(calls), query: query.replace(/\s+/g, ' ').slice(0, 160) }));
  }

  async forgetStatements(): Promise<void> {
    await this.postgres.query('SELECT pg_stat_statements_reset()');
  }

  /** Resident memory of the services' processes by service, in MiB. */
  memory(): Record<string, number> {
    const memory: Record<string, number> = {};
    for (const { service, pid } of this.system.run) {
      if (SERVICES.includes(service)) memory[service] = (memory[service] ?? 0) + residentMb(pid);
    }
    return memory;
  }

  async close(): Promise<void> {
    this.redis.disconnect();
    await this.postgres.end();
  }
}

/** CPU-seconds used between two readings, by service. */
export function cpuBetween(from: Reading, to: Reading): Record<string, number> {
  return Object.fromEntries(
    Object.entries(to.cpu).map(([service, seconds]) => [service, seconds - (from.cpu[service] ?? 0)]),
  );
}

export function total(values: Record<string, number>): number {
  return Object.values(values).reduce((sum, value) => sum + value, 0);
}
