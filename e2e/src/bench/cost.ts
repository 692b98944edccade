import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadResult } from './load';
import { cpuBetween, type Meters, total } from './meters';

/** Work after the last token (titles, the removal of checkpoints) is part of a load's cost. */
const SETTLE_MS = 3_000;

export interface Cost {
  result: LoadResult;
  /** Of all processes, including idle ones, Redis and Postgres. */
  cpuSeconds: number;
  cpuPerMillion: number;
  /** From the first request until everything has settled. */
  seconds: number;
  redisBytes: number;
  sqlPerTurn: number;
}

/** Runs a load and prints what it cost. */
export async function measure(
  meters: Meters,
  label: string,
  load: () => Promise<LoadResult>,
  { statements = false } = {},
): Promise<Cost> {
  await meters.forgetStatements();
  const before = await meters.read();
  const started = performance.now();
  const result = await load();
  await sleep(SETTLE_MS);
  const seconds = (performance.now() - started) / 1000;
  const after = await meters.read();
  const cpu = cpuBetween(before, after);
  const perMillion = 1e6 / result.tokens;
  const turns = result.firstToken.count;
  const cost: Cost = {
    ...{ result, seconds },
    cpuSeconds: total(cpu),
    cpuPerMillion: total(cpu) * perMillion,
    redisBytes: after.redisBytesIn - before.redisBytesIn,
    sqlPerTurn: (after.sql - before.sql) / turns,
  };
  print(label, {
    complete: `${result.complete}/${turns}`,
    cpu_s_per_million: byService(cpu, perMillion),
    total: round(cost.cpuPerMillion),
    cpu_ms_per_turn: round((cost.cpuSeconds * 1000) / turns),
    latency_ms: { p50: result.latency.quantile(0.5), p99: result.latency.quantile(0.99) },
    first_token_ms: { p50: result.firstToken.quantile(0.5), p99: result.firstToken.quantile(0.99) },
    redis_kb_per_turn: round(cost.redisBytes / turns / 1000),
    sql_per_turn: round(cost.sqlPerTurn),
  });
  if (statements)
    for (const { calls, query } of await meters.statements()) console.log(`  ${String(calls).padStart(6)}  ${query}`);
  return cost;
}

/** CPU-seconds a second of all idle processes, `afterMs` after the last request. */
export async function measureIdle(meters: Meters, forMs: number, afterMs: number): Promise<number> {
  await sleep(afterMs);
  const before = await meters.read();
  const started = performance.now();
  await sleep(forMs);
  const seconds = (performance.now() - started) / 1000;
  const cpu = cpuBetween(before, await meters.read());
  print('idle, ms of CPU a second', byService(cpu, 1000 / seconds));
  return total(cpu) / seconds;
}

/** Resident memory of the services, in MiB. */
export function measureMemory(meters: Meters): number {
  const memory = meters.memory();
  print('idle memory, MiB', byService(memory));
  return total(memory);
}

export function print(label: string, figures: object): void {
  console.log(`${label}: ${JSON.stringify(figures)}`);
}

export const round = (value: number, digits = 1) => Number(value.toFixed(digits));

/** Each figure with three digits. */
export function rounded<T extends Record<string, number>>(values: T): T {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, round(value, 3)])) as T;
}

const byService = (values: Record<string, number>, factor = 1) =>
  Object.fromEntries(Object.entries(values).map(([service, value]) => [service, round(value * factor)]));
