import type { ProcessStatus } from '@perennial/runtime';
import { z } from 'zod';
import { version } from '../../package.json';
import type { RedisClient } from './create-redis';
import { RedisScript } from './script';

/** A report that was not renewed is kept for this time, so that people see what died. */
const KEPT_MS = 600_000;
/** Processes of one installation; further ones are not reported. */
const MAX_REPORTS = 1_000;

/**
 * Also in a full Redis, or every process would look silent just then: its size is bounded.
 *
 * KEYS: the reports. ARGV: process id, report, most reports, milliseconds to keep, 1 to remove old ones. Returns 1, or 0 if there are too many.
 */
const REPORT = new RedisScript<number>(`#!lua flags=allow-oom
local now = redis.call('TIME')
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
if ARGV[5] == '1' then
  local all = redis.call('HGETALL', KEYS[1])
  for i = 1, #all, 2 do
    local at = tonumber(string.match(all[i + 1], '^(%d+) ')) or 0
    if ms - at > tonumber(ARGV[4]) then redis.call('HDEL', KEYS[1], all[i]) end
  end
end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) and redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f %s', ms, ARGV[2]))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
`);

/**
 * On a Cluster a TIME of its own would go to any server, also to one that hangs, and its clock is not the one in the reports.
 *
 * KEYS: the reports. Returns the time, and the reports by process id.
 */
const READ = new RedisScript<[time: [seconds: string, micros: string], idsAndReports: string[]]>(
  "return { redis.call('TIME'), redis.call('HGETALL', KEYS[1]) }",
);

const text = z.string().max(200);
const count = z.number().nullable().catch(null);

/** As other versions write it: what is missing or malformed is null. */
const ReportSchema = z.object({
  service: text,
  instance: text,
  version: text,
  state: text.catch('unknown'),
  startedAt: z.number(),
  load: z
    .object({ cpu: z.number(), loop: z.number(), loopDelayMs: z.number(), bytes: z.number(), inFlight: count })
    .nullable()
    .catch(null),
  role: text.nullable().catch(null),
  runs: count,
  queue: count,
  takeOvers: count,
  settings: text.nullable().catch(null),
  retrievalSettings: count,
  placements: z.array(text).max(100).nullable().catch(null),
  placementPrints: z.record(text, text).nullable().catch(null),
  vectorStores: z.record(text, text).nullable().catch(null),
  blobStores: z
    .object({ version: count, prints: z.record(text, text) })
    .nullable()
    .catch(null),
  dependencies: z
    .array(z.object({ name: text, ok: z.boolean() }))
    .max(100)
    .catch([]),
  lastError: z.object({ id: text.nullable(), code: text, at: z.number() }).nullable().catch(null),
});

/** What a process last said of itself, and when (milliseconds since 1970, by Redis's clock). */
export type FleetReport = z.output<typeof ReportSchema> & { seenAt: number };

export function fleetKey(keyPrefix: string): string {
  return `${keyPrefix}:fleet`;
}

/** The identity of a reporting process. */
export interface Reporting {
  keyPrefix: string;
  /** Unique for each start of a process. */
  processId: string;
  service: string;
  instance: string;
}

/** Renews the report of a process. @returns false if there are too many processes */
export async function writeReport(
  redis: RedisClient,
  { keyPrefix, processId, service, instance }: Reporting,
  status: ProcessStatus,
  prune: boolean,
): Promise<boolean> {
  const report = JSON.stringify({ service, instance, version, ...status });
  const args = [processId, report, MAX_REPORTS, KEPT_MS, prune ? 1 : 0];
  return (await REPORT.run(redis, [fleetKey(keyPrefix)], args)) === 1;
}

/** A process that ends in order is not missed. */
export async function removeReport(redis: RedisClient, { keyPrefix, processId }: Reporting): Promise<void> {
  await redis.hdel(fleetKey(keyPrefix), processId);
}

/** All reports, and the time of the server that has them. Malformed ones are left out. */
export async function readReports(
  redis: RedisClient,
  keyPrefix: string,
): Promise<{ now: number; reports: FleetReport[] }> {
  const [[seconds, micros], all] = await READ.run(redis, [fleetKey(keyPrefix)], []);
  const reports = all.flatMap((record, index) => (index % 2 === 1 ? (reportFrom(record) ?? []) : []));
  return { now: Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000), reports };
}

function reportFrom(record: string): FleetReport | undefined {
  const at = record.indexOf(' ');
  const seenAt = Number(record.slice(0, Math.max(0, at)) || NaN);
  if (!Number.isSafeInteger(seenAt)) return undefined;
  try {
    return { ...ReportSchema.parse(JSON.parse(record.slice(at + 1))), seenAt };
  } catch {
    return undefined;
  }
}
