import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LaunchOptions, launchSystem, ROOT } from '@perennial/launcher';
import { keepResult } from '@perennial/testing/servers';
import { type Account, addUsers, signUpAdmin } from '../support/accounts';
import { bareRelay } from './bare-relay';
import { measure, measureIdle, measureMemory, print } from './cost';
import { joined, type Load, type LoadResult, providerLoad, socketLoad, sseLoad } from './load';
import { Meters } from './meters';
import { startSimulatorProcess } from './simulator-process';
import { type Measurements, toFigures } from './stream-figures';
import { type Part, PARTS, readOptions } from './stream-options';
import { verdicts } from './stream-targets';

const options = readOptions(process.argv.slice(2));
if (options.node !== undefined) process.exit(onAnotherNode(options.node));

const ANSWER: Load = { model: 'sim-t300-r30', tokens: 300 };
const SHORT: Load = { model: 'sim-t60-r30', tokens: 60 };
const ONE_TOKEN: Load = { model: 'sim-t1-r30', tokens: 1 };
const LONG: Load = { model: 'sim-t20000-r1000-c4', tokens: 20_000 };
/** Twice the time of starting them all: for half of the time all of them run. */
const STEADY: Load = { model: 'sim-t600-r30', tokens: 600, spreadMs: 10_000 };
const STEADY_STREAMS = 400;
const IDLE_MS = 20_000;
/** After a load garbage collection and vacuum run for a while. */
const REST_MS = 15_000;
/** Long answers through the bare relay, so that its CPU is more than a few ticks of the kernel's clock. */
const BARE_LONG_ANSWERS = 4;
const REPLICAS = { gateway: 2, chat: 3 };
/**
 * A server that runs for weeks compiles its code and opens its connections in the first minutes, so each load runs unmeasured first: as often
 * as one of three workers needs to do as much as a single one in one round; the single one gets the same.
 */
const WARM_UP_ROUNDS = options.quick ? 1 : REPLICAS.chat;
/** A turn costs few ticks of the kernel's clock, so many are measured. */
const TURN_ROUNDS = 3;
/** With a service's default limits 200 turns within a second would be refused. */
const ENV = { MAX_QUEUED_RUNS: '5000' };

const chosen = (...parts: Part[]) => parts.some((part) => options.parts.has(part));
const { streams, statements } = options;
const measured: Measurements = {};

const simulator = await startSimulatorProcess([ANSWER, SHORT, ONE_TOKEN, LONG, STEADY].map(({ model }) => model));
try {
  if (PARTS.some((part) => part !== 'replicas' && chosen(part))) await withSystem({}, oneOfEach);
  if (chosen('replicas'))
    await withSystem({ scale: REPLICAS }, async (meters, baseUrl, accounts) => {
      const load = () => socketLoad(baseUrl, accounts.slice(0, streams), ANSWER);
      measured.replicas = await warmAndMeasured(meters, 'socket, 2 gateways and 3 workers', load);
    });
  if (chosen('latency')) measured.provider50 = await providerLoad(simulator.url, 50, SHORT);
  if (chosen('socket')) measured.provider200 = await providerLoad(simulator.url, streams, ANSWER);
  if (chosen('socket', 'sse', 'replicas')) measured.bare = await bareRelay(simulator.url, streams, ANSWER);
  if (chosen('long')) measured.bareLong = await bareRelay(simulator.url, BARE_LONG_ANSWERS, LONG);
} finally {
  await simulator.process.stop();
}
print('bare relay, CPU-s per million tokens', { answers: measured.bare, long: measured.bareLong });
const figures = toFigures(measured);
console.log(verdicts(figures));
if (!options.quick && PARTS.every((part) => chosen(part))) keep();
console.log(JSON.stringify(figures));

/** The parts that need one process of each service. Memory is measured before any of them. */
async function oneOfEach(meters: Meters, baseUrl: string, accounts: Account[]): Promise<void> {
  const many = accounts.slice(0, streams);
  const socket = (of: Account[], load: Load) => () => socketLoad(baseUrl, of, load);
  if (chosen('idle')) measured.idleMb = measureMemory(meters);
  if (chosen('socket')) measured.socket = await warmAndMeasured(meters, 'socket', socket(many, ANSWER));
  if (chosen('sse')) measured.sse = await warmAndMeasured(meters, 'SSE', () => sseLoad(baseUrl, many, ANSWER));
  if (chosen('turn')) {
    const turns = () => repeated(TURN_ROUNDS, socket(many, ONE_TOKEN));
    measured.turn = await warmAndMeasured(meters, 'one token', turns);
  }
  if (chosen('latency')) {
    measured.at10 = await warmAndMeasured(meters, '10 at once', socket(many.slice(0, 10), SHORT));
    measured.at50 = await warmAndMeasured(meters, '50 at once', socket(many.slice(0, 50), SHORT));
  }
  if (chosen('long')) {
    measured.restBeforeLong = await measureIdle(meters, IDLE_MS / 2, REST_MS / 3);
    measured.long = await measure(meters, '100,000 characters', socket(many.slice(0, 1), LONG), { statements });
  }
  if (chosen('steady')) measured.steady = await measure(meters, '400 steady', socket(accounts, STEADY), { statements });
  if (chosen('idle')) {
    // In a used system repeated work runs as compiled code, like everything that is measured here.
    await socket(many, ONE_TOKEN)();
    measured.idleCores = await measureIdle(meters, IDLE_MS, REST_MS);
  }
}

async function warmAndMeasured(meters: Meters, label: string, load: () => Promise<LoadResult>) {
  for (let round = 0; round < WARM_UP_ROUNDS; round += 1) await load();
  await sleep(1_000);
  return measure(meters, label, load, { statements });
}

/** The same load several times, as one result. */
async function repeated(times: number, load: () => Promise<LoadResult>): Promise<LoadResult> {
  const results: LoadResult[] = [];
  for (let round = 0; round < times; round += 1) results.push(await load());
  return joined(results);
}

async function withSystem(
  launch: LaunchOptions,
  use: (meters: Meters, baseUrl: string, accounts: Account[]) => Promise<void>,
): Promise<void> {
  const system = await launchSystem({
    ...launch,
    env: { ...ENV, ...options.env, OPENAI_API_BASE_URLS: `${simulator.url}/v1`, OPENAI_API_KEYS: 'simulated' },
  });
  try {
    const admin = await signUpAdmin(system.baseUrl);
    const users = chosen('steady') && !launch.scale ? Math.max(STEADY_STREAMS, streams) : streams;
    const accounts = await addUsers(system.baseUrl, admin, users);
    const meters = await Meters.open(system);
    await use(meters, system.baseUrl, accounts);
    await meters.close();
  } finally {
    await system.stop();
  }
}

/** Results are kept by Node version: both are supported, and their figures differ. */
function keep(): void {
  const name = process.versions.node.startsWith('20.') ? 'stream' : `stream-node${process.versions.node.split('.')[0]}`;
  keepResult(ROOT, name, { streams, figures, bare_relay_cpu_s_per_million_tokens: measured.bare });
}

/** Runs everything again with another Node; returns its exit code. */
function onAnotherNode(node: string): number {
  const at = process.argv.indexOf('--node');
  const rest = process.argv.slice(2).filter((arg, i) => i + 2 !== at && i + 2 !== at + 1 && !arg.startsWith('--node='));
  return spawnSync(node, [process.argv[1]!, ...rest], { stdio: 'inherit' }).status ?? 1;
}
