import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { check } from './check/check';
import { lossesOf } from './check/losses';
import { outageFigures, unexcused } from './check/requests';
import { percentile, takeOverTimes } from './check/take-overs';
import { explain, keepHistory } from './explain';
import { startGround } from './ground/ground';
import { POSTGRES_SHAPES, REDIS_SHAPES } from './ground/stores';
import { CHAOS_MODELS, runChaos } from './run';
import { shrink } from './shrink';

const USAGE = `chaos [--minutes 10 | --short] [--seed N] [--people 16] [--kinds "kill one,redis is full"] [--keep DIRECTORY]
      [--only 3,7] [--shrink TRIES] [--postgres single|failover|asynchronous] [--redis single|sentinel|cluster]
People work with a whole installation while its processes, stores, links, clocks and disk fail. A checker then judges everything they saw.
  --postgres failover: a primary and two synchronous standbys; the primary dies again and again
  --postgres asynchronous: the same with standbys that may be behind; what is lost is counted
  --redis sentinel: a primary, two replicas and three sentinels; cluster: three primaries with a replica each. Primaries die or hang
  --short    more than a minute, for CI
  --only     these faults of the seed's plan and no others: repeats a failure
  --shrink   after a failure: runs again with fewer faults, at most so often, while it still fails
  --keep     where the history of a failed run is kept (default test-results/chaos-SEED), and the logs of the services
The same seed gives the same plan of faults. The last line has the figures.`;

const SHORT_MINUTES = 1.3;
const SCALE = { gateway: 2, auth: 2, chat: 3, retrieval: 2, config: 2 };
const SHOWN = 8;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    short: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    people: { type: 'string', default: '16' },
    kinds: { type: 'string' },
    only: { type: 'string' },
    shrink: { type: 'string', default: '0' },
    postgres: { type: 'string', default: 'single' },
    redis: { type: 'string', default: 'single' },
    keep: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const seed = Number(values.seed);
const minutes = values.short ? SHORT_MINUTES : Number(values.minutes);
const started = Date.now();
const log = (line: string): void => console.log(`${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${line}`);

const ground = await startGround({
  shape: { redis: shapeOf('redis', REDIS_SHAPES), postgres: shapeOf('postgres', POSTGRES_SHAPES) },
  scale: SCALE,
  models: CHAOS_MODELS,
  home: values.keep && resolve(values.keep, 'home'),
  log,
});
log(`${ground.system.run.length} processes ready, seed ${seed}`);
const history = await runChaos(ground, {
  ...{ seed, minutes, people: Number(values.people), log },
  kinds: values.kinds?.split(','),
  only: values.only?.split(',').map(Number),
}).finally(() => ground.stop());

const violations = check(history);
for (const violation of violations.slice(0, SHOWN)) for (const line of explain(violation, history)) log(line);
if (violations.length > SHOWN) log(`and ${violations.length - SHOWN} more`);
const outages = outageFigures(history);
const kinds = new Map<string, number>();
for (const { nemesis } of history.faults) kinds.set(nemesis, (kinds.get(nemesis) ?? 0) + 1);
log(`faults: ${[...kinds].map(([kind, count]) => `${count} × ${kind}`).join(', ')}`);
log(
  `outages: ${(100 * outages.share).toFixed(0)} % of the time; ${outages.failedInside} of ${history.requests} requests failed in them (${(100 * outages.failedShare).toFixed(1)} %)`,
);
const times = takeOverTimes(history);
log(
  `${times.length} take-overs, p50 ${percentile(times, 0.5)} ms, ${history.revocations.length} sessions ended, ${history.settings.writes.length} settings changed`,
);

if (history.lostTails.length > 0) {
  const { behindMs, kinds, setBack } = lossesOf(history);
  const told = Object.entries(kinds).map(([kind, { acknowledged, lost }]) => `${lost} of ${acknowledged} ${kind}`);
  log(
    `${behindMs.length} failovers lost their last ${behindMs.join(', ')} ms; of what was acknowledged then: ${told.join(', ')}; ${setBack} times a reader was set back to older settings`,
  );
}

if (violations.length > 0) {
  const directory = values.keep ?? join('test-results', `chaos-${seed}`);
  keepHistory(directory, history, violations);
  const numbers = history.faults.map(({ number }) => number);
  const smallest = await shrink(numbers, (faults) => failsWith(faults), Number(values.shrink));
  log(`history kept in ${directory}`);
  log(`again: npm run chaos -- ${[...same(), '--only', smallest.join(',')].map(quoted).join(' ')}`);
}
console.log(
  JSON.stringify({
    turns: history.turns.length,
    faults: history.faults.length,
    violations: violations.length,
    failed_requests_outside_outages: unexcused(history.failedRequests, history.outages).length,
    takeover_p99_ms: percentile(times, 0.99),
    ...(history.lostTails.length > 0 ? { losses: lossesOf(history).kinds } : {}),
    seed,
  }),
);
process.exit(violations.length > 0 ? 1 : 0);

/** The options that decide the plan and the ground. */
function same(): string[] {
  const { people, kinds, postgres, redis } = values;
  const shape = ['--postgres', postgres, '--redis', redis];
  return ['--seed', String(seed), '--people', people, ...shape, ...(kinds ? ['--kinds', kinds] : [])];
}

/** @throws if there is no such shape */
function shapeOf<S extends string>(store: 'redis' | 'postgres', shapes: readonly S[]): S {
  const shape = shapes.find((each) => each === values[store]);
  if (!shape) throw new Error(`--${store} is one of ${shapes.join(', ')}`);
  return shape;
}

function quoted(argument: string): string {
  return /^[\w,.-]+$/.test(argument) ? argument : JSON.stringify(argument);
}

/** Runs these faults in a process of its own. */
async function failsWith(faults: readonly number[]): Promise<boolean> {
  const args = [...same(), '--only', faults.join(','), '--keep', join('test-results', 'chaos-shrink')];
  const child = spawn(process.execPath, [process.argv[1] ?? '', ...args], { stdio: 'ignore' });
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  log(`${faults.length} faults: ${code === 1 ? 'still fails' : 'does not fail'}`);
  return code === 1;
}
