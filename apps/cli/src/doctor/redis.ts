import { inspectShape, type RedisClient } from '@perennial/transport';
import type { z } from 'zod';
import type { callEnv } from '../environment';
import { explain } from '../failure';
import { withRedis } from '../redis';
import { clockFinding, failed, type Finding, ok, warning } from './finding';
import { shapeFindings } from './redis-shape';

const CHECK = 'redis';
/** A script may say since then that it runs in a full Redis too. */
const MIN_VERSION = [7, 0];
/** Share of `maxmemory` from which it is nearly full. */
const NEARLY_FULL = 0.8;

/** INFO and TIME, also of a busy server. */
const ANSWERS_MS = 5_000;

/** The servers behind REDIS_URL: version, eviction, persistence, memory, clock, and who takes over from whom. */
export async function checkRedis(env: z.output<typeof callEnv>): Promise<Finding[]> {
  try {
    return await withRedis(env, async (connections) => {
      const answers = await connections.askServers(serverFindings, ANSWERS_MS);
      const findings = answers.flatMap((answer) => answer ?? [SILENT]);
      return [...unlike(findings), ...shapeFindings(await inspectShape(connections))];
    });
  } catch (error) {
    return [failed(CHECK, 'it cannot be used', explain(error))];
  }
}

const SILENT = failed(
  CHECK,
  'a primary of the Cluster does not answer',
  'Restart it: what is in its slots cannot be reached.',
);

async function serverFindings(server: RedisClient): Promise<Finding[]> {
  const info = parseInfo(await server.info());
  return [
    versionFinding(info),
    evictionFinding(info),
    persistenceFinding(info),
    memoryFinding(info),
    await clockFinding('redis clock', async () => {
      const [seconds, micros] = await server.time();
      return Number(seconds) * 1_000 + Number(micros) / 1_000;
    }),
  ];
}

/** The servers of a Cluster mostly say the same. */
function unlike(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}

type Info = ReadonlyMap<string, string>;

function parseInfo(text: string): Info {
  return new Map(
    text.split(/\r?\n/).flatMap((line): [string, string][] => {
      const at = line.indexOf(':');
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1)]] : [];
    }),
  );
}

function versionFinding(info: Info): Finding {
  const name = info.has('valkey_version') ? 'Valkey' : 'Redis';
  const shown = info.get('valkey_version') ?? info.get('redis_version') ?? '0';
  const [major = 0, minor = 0] = (info.get('redis_version') ?? '0').split('.').map(Number);
  const [minMajor = 0, minMinor = 0] = MIN_VERSION;
  if (major > minMajor || (major === minMajor && minor >= minMinor)) return ok(CHECK, `${name} ${shown}`);
  return failed(CHECK, `${name} ${shown}`, `Upgrade to Redis ${MIN_VERSION.join('.')} or newer, or to Valkey.`);
}

function evictionFinding(info: Info): Finding {
  const policy = info.get('maxmemory_policy') ?? 'unknown';
  if (policy === 'noeviction') return ok('redis eviction', 'maxmemory-policy is noeviction');
  return failed(
    'redis eviction',
    `maxmemory-policy is ${policy}`,
    'Set maxmemory-policy to noeviction: otherwise a full Redis drops calls and running answers.',
  );
}

function persistenceFinding(info: Info): Finding {
  if (info.get('rdb_last_bgsave_status') === 'err' || info.get('aof_last_write_status') === 'err')
    return failed('redis persistence', 'the last write to its disk failed', 'Free space on the disk of Redis.');
  // Everything in it is made again from Postgres, or by callers that try again.
  const kept =
    info.get('aof_enabled') === '1' ? 'the append-only file is on' : 'no append-only file, and none is needed';
  return ok('redis persistence', kept);
}

function memoryFinding(info: Info): Finding {
  const used = Number(info.get('used_memory') ?? 0);
  const most = Number(info.get('maxmemory') ?? 0);
  const shown = `${megabytes(used)} used`;
  if (most === 0)
    return warning(
      'redis memory',
      `${shown}, without a limit`,
      'Set maxmemory to three quarters of what the machine can give Redis.',
    );
  const found = `${shown} of ${megabytes(most)}`;
  if (used < most * NEARLY_FULL) return ok('redis memory', found);
  return failed('redis memory', found, 'Raise maxmemory: a full Redis refuses calls.');
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`;
