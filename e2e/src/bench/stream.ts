import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { launchSystem, ROOT, type LaunchOptions, type RunningSystem } from '@perennial/launcher';
import { keepResult } from '@perennial/testing/servers';
import { addUsers, signUpAdmin, type Account } from '../support/accounts';
import { bareRelay } from './bare-relay';
import { providerLoad, socketLoad, sseLoad, type LoadResult } from './load';
import { cpuBetween, Meters, total } from './meters';
import { startSimulatorProcess } from './simulator-process';

const USAGE = `bench:stream [--streams 200] [--quick] [--statements]
What a token costs: CPU, latency, bytes, SQL and memory of a whole system, with the provider simulator as model.`;

const { values: options } = parseArgs({
  options: {
    streams: { type: 'string', default: '200' },
    quick: { type: 'boolean', default: false },
    statements: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
const STREAMS = Number(options.streams);
const TOKENS = 300;
const ANSWER = { model: `sim-t${TOKENS}-r30`, tokens: TOKENS };
const SHORT = { model: 'sim-t60-r30', tokens: 60 };
const ONE_TOKEN = { model: 'sim-t1-r30', tokens: 1 };
const LONG = { model: 'sim-t20000-r1000-c4', tokens: 20_000 };
const BYTES_PER_TOKEN = 5;
const SETTLE_MS = 3_000;
const MOST_REPLICAS = 3;
/** A service's limits would turn a measurement of 200 turns within a second into one of refusals. */
const ENV = { MAX_QUEUED_RUNS: '5000' };

const round = (value: number, digits = 1) => Number(value.toFixed(digits));
const byService = (values: Record<string, number>, factor = 1) =>
  Object.fromEntries(Object.entries(values).map(([service, value]) => [service, round(value * factor)]));

const simulator = await startSimulatorProcess([ANSWER, SHORT, ONE_TOKEN, LONG].map(({ model }) => model));
try {
  const one = await withSystem({}, async (system, accounts) => {
    const meters = await Meters.open(system);
    await sleep(5_000);
    const memory = meters.memory();
    print('idle memory, MiB', byService(memory));

    await warmUp(system, accounts);

    const socket = await measured(meters, 'socket', () => socketLoad(system.baseUrl, accounts, ANSWER));
    const sse = await measured(meters, 'sse', () => sseLoad(system.baseUrl, accounts, ANSWER));
    const single = await measured(meters, 'one token', () => socketLoad(system.baseUrl, accounts, ONE_TOKEN));
    const fifty = await measured(meters, '50 at once', () => socketLoad(system.baseUrl, accounts.slice(0, 50), SHORT));
    const own = await providerLoad(simulator.url, 50, SHORT);
    const long = options.quick
      ? undefined
      : await measured(meters, '100,000 characters', () => socketLoad(system.baseUrl, accounts.slice(0, 1), LONG));

    const perByte = (socket.redisBytes - single.redisBytes) / (STREAMS * (TOKENS - 1) * BYTES_PER_TOKEN);
    const perByteLong = long ? long.redisBytes / (LONG.tokens * BYTES_PER_TOKEN) : 0;
    print('redis bytes per byte of text', { at_200: round(perByte), long: round(perByteLong) });
    await meters.close();
    const ownFirst = own.firstToken.quantile(0.5);
    return {
      socket,
      figures: {
        cpu_s_per_million_tokens: { socket: round(socket.cpuPerMillion), sse: round(sse.cpuPerMillion) },
        added_latency_ms: { p50: socket.result.latency.quantile(0.5), p99: socket.result.latency.quantile(0.99) },
        first_token_added_ms: {
          at_50: fifty.result.firstToken.quantile(0.5) - ownFirst,
          at_200: socket.result.firstToken.quantile(0.5) - ownFirst,
        },
        redis_bytes_per_text_byte: round(Math.max(perByte, perByteLong)),
        sql_per_turn: round(socket.sqlPerTurn),
        idle_rss_mb: Math.round(total(memory)),
      },
    };
  });

  const many = options.quick
    ? undefined
    : await withSystem({ scale: { gateway: 2, chat: MOST_REPLICAS } }, async (system, accounts) => {
        const meters = await Meters.open(system);
        await warmUp(system, accounts);
        const socket = await measured(meters, 'socket, 2 gateways and 3 chats', () =>
          socketLoad(system.baseUrl, accounts, ANSWER),
        );
        await meters.close();
        return socket;
      });
  const bare = round(await bareRelay(simulator.url, STREAMS, ANSWER));
  print('bare relay, CPU-s per million tokens', {
    bare,
    socket: `${round(one.socket.cpuPerMillion / bare)} times that`,
  });
  const figures = {
    ...one.figures,
    replica_cost_ratio: many ? round(many.cpuPerMillion / one.socket.cpuPerMillion, 2) : null,
  };
  if (!options.quick)
    keepResult(ROOT, 'stream', { streams: STREAMS, figures, bare_relay_cpu_s_per_million_tokens: bare });
  console.log(JSON.stringify(figures));
} finally {
  await simulator.process.stop();
}

/**
 * The same load, unmeasured: a server that runs for weeks compiles its code and opens its connections in the first minutes. As often as one
 * of three processes needs to have done as much as a single one has after one round; the single one gets the same.
 */
async function warmUp(system: RunningSystem, accounts: Account[]): Promise<void> {
  for (let round = 0; round < MOST_REPLICAS; round += 1) {
    await socketLoad(system.baseUrl, accounts, ANSWER);
    await sseLoad(system.baseUrl, accounts, ANSWER);
  }
  await sleep(SETTLE_MS);
}

interface Measured {
  result: LoadResult;
  cpuPerMillion: number;
  redisBytes: number;
  sqlPerTurn: number;
}

/** Runs a load and prints what it cost, with the time that afterwards is spent on titles and the like. */
async function measured(meters: Meters, label: string, load: () => Promise<LoadResult>): Promise<Measured> {
  await meters.forgetStatements();
  const before = await meters.read();
  const result = await load();
  await sleep(SETTLE_MS);
  const after = await meters.read();
  const cpu = cpuBetween(before, after);
  const perMillion = 1e6 / result.tokens;
  const turns = result.firstToken.count;
  const figures = {
    complete: `${result.complete}/${turns}`,
    cpu_s_per_million: byService(cpu, perMillion),
    total: round(total(cpu) * perMillion),
    latency_ms: { p50: result.latency.quantile(0.5), p99: result.latency.quantile(0.99) },
    first_token_ms: { p50: result.firstToken.quantile(0.5), p99: result.firstToken.quantile(0.99) },
    redis_kb_per_turn: round((after.redisBytesIn - before.redisBytesIn) / turns / 1000),
    sql_per_turn: round(after.sql - before.sql) / turns,
  };
  print(label, figures);
  if (options.statements)
    for (const { calls, query } of await meters.statements()) console.log(`  ${String(calls).padStart(6)}  ${query}`);
  return {
    result,
    cpuPerMillion: total(cpu) * perMillion,
    redisBytes: after.redisBytesIn - before.redisBytesIn,
    sqlPerTurn: (after.sql - before.sql) / turns,
  };
}

function print(label: string, figures: object): void {
  console.log(`${label}: ${JSON.stringify(figures)}`);
}

async function withSystem<T>(
  launch: LaunchOptions,
  use: (system: RunningSystem, accounts: Account[]) => Promise<T>,
): Promise<T> {
  const system = await launchSystem({
    ...launch,
    env: { ...ENV, OPENAI_API_BASE_URLS: `${simulator.url}/v1`, OPENAI_API_KEYS: 'simulated' },
  });
  try {
    const admin = await signUpAdmin(system.baseUrl);
    return await use(system, await addUsers(system.baseUrl, admin, STREAMS));
  } finally {
    await system.stop();
  }
}
