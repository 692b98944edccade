import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { launchSystem } from '@perennial/launcher';
import { startSimulator } from '@perennial/provider-simulator';
import { addContinuingConnection, addUsers, signUpAdmin } from '../support/accounts';
import type { FailedRequest } from '../support/http';
import { Bystanders } from './bystanders';
import { Chaos } from './chaos';
import { check, percentile, takeOverMs, unexcused } from './checker';
import type { TurnHistory } from './history';
import { Owners } from './owners';
import { Random } from './random';
import { stopAll, STOPPED_MODEL } from './stop-all';
import { complete, CONTINUING_PREFIX, TurnDriver, UPSTREAM } from './turn-driver';

const USAGE = `e2e:failover [--turns 100] [--kills 30] [--seed N] [--history FILE]
Kills processes under running turns and checks that no reader noticed it. The same seed gives the same plan of faults.`;

const SCALE = { gateway: 2, auth: 2, chat: 3, retrieval: 2, config: 2 };
const AT_ONCE = 20;
const BYSTANDERS = 4;
const SIMULATED_MODELS = [UPSTREAM, STOPPED_MODEL];
const CALM_MS = 90_000;

const { values: options } = parseArgs({
  options: {
    turns: { type: 'string', default: '100' },
    kills: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    history: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
const [turnsWanted, kills, seed] = [Number(options.turns), Number(options.kills), Number(options.seed)];
const started = Date.now();
const log = (line: string) => console.log(`${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${line}`);

const simulator = await startSimulator({ port: 0, models: SIMULATED_MODELS });
const system = await launchSystem({
  scale: SCALE,
  env: { OPENAI_API_BASE_URLS: `${simulator.url}/v1`, OPENAI_API_KEYS: 'simulated' },
});
log(`${system.run.length} processes ready, seed ${seed}`);

let failed = true;
try {
  const admin = await signUpAdmin(system.baseUrl);
  await addContinuingConnection(system.baseUrl, admin, `${simulator.url}/v1`, CONTINUING_PREFIX);
  const users = await addUsers(system.baseUrl, admin, AT_ONCE + BYSTANDERS);
  const accounts = users.slice(0, AT_ONCE);
  const failedRequests: FailedRequest[] = [];
  const onFailed = (request: FailedRequest) => failedRequests.push(request);
  const owners = new Owners(system.postgresUrl);
  const chaos = new Chaos({ system, owners, random: new Random(seed), scale: SCALE, kills, log });
  const drivers = accounts.map(
    (account) => new TurnDriver(system.baseUrl, account, (moment, runId) => chaos.reached(moment, runId), onFailed),
  );
  await Promise.all(drivers.map((driver) => driver.connected()));
  const bystanders = new Bystanders(system.baseUrl, users.slice(AT_ONCE), onFailed);

  let next = 0;
  let hurting = true;
  const hurt = chaos.run().finally(() => (hurting = false));
  const histories: { driver: number; history: TurnHistory & { digest: string } }[] = [];
  const problems: string[] = [];
  await Promise.all(
    drivers.map(async (driver, i) => {
      while (next < turnsWanted || hurting) {
        const turn = next;
        next += 1;
        try {
          histories.push({ driver: i, history: await driver.play(turn) });
        } catch (error) {
          problems.push(`turn ${turn}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
    }),
  );
  await hurt;
  await bystanders.stop();
  log(`${histories.length} turns played, ${chaos.kills} kills ${JSON.stringify(chaos.killsByService)}`);

  const calmBy = Date.now() + CALM_MS;
  while ((await owners.unfinished()) > 0 && Date.now() < calmBy) await sleep(250);
  const turns: TurnHistory[] = [];
  for (const { driver, history } of histories)
    turns.push(await complete(history, system.baseUrl, accounts[driver]!, owners, simulator));
  const violations = check(turns);
  for (const { turn, kind, what } of violations.slice(0, 20)) log(`turn ${turn} ${kind}: ${what}`);
  for (const problem of problems) log(problem);
  const noticed = unexcused(failedRequests, chaos.outages);
  for (const { from, to, what } of noticed.slice(0, 20))
    log(`failed outside of outages at ${((to - started) / 1000).toFixed(1)} s after ${to - from} ms: ${what}`);
  log(`${bystanders.requests} requests of bystanders; ${failedRequests.length} of all requests failed`);
  if (options.history)
    writeFileSync(
      options.history,
      JSON.stringify({ turns, takeOvers: owners.takeOvers, outages: chaos.outages, failedRequests }),
    );

  drivers.forEach((driver) => driver.close());
  const stop = await stopAll(system.gateways, accounts, simulator);
  log(`Stop through the other gateway: ${JSON.stringify(stop)}`);

  markFirstNewTokens();
  const takeOvers = owners.takeOvers.filter(({ newEpochAt }) => newEpochAt !== undefined);
  const toEpochOf = (suspected: boolean) =>
    takeOvers
      .filter((each) => each.suspected === suspected)
      .map((each) => takeOverMs(each, each.newEpochAt!, chaos.outages));
  const toEpoch = toEpochOf(false);
  const toToken = takeOvers.flatMap((each) =>
    each.firstNewTokenAt ? [takeOverMs(each, each.firstNewTokenAt, chaos.outages)] : [],
  );
  const lost = problems.length + violations.filter(({ kind }) => kind === 'lost').length;
  const duplicated = violations.filter(({ kind }) => kind === 'duplicated').length;
  const p99 = percentile(toEpoch, 0.99);
  failed = lost + duplicated + noticed.length > 0 || stop.stopped !== AT_ONCE || (p99 ?? 0) > 5_000;
  await owners.close();
  log(`${takeOvers.length} take-overs, p50 ${percentile(toEpoch, 0.5)} ms to the new epoch`);
  console.log(
    JSON.stringify({
      turns: turns.length,
      kills: chaos.kills,
      lost,
      duplicated,
      failed_requests: failedRequests.length,
      failed_outside_outages: noticed.length,
      takeover_p99_ms: p99,
      suspects_takeover_p99_ms: percentile(toEpochOf(true), 0.99),
      first_new_token_p99_ms: percentile(toToken, 0.99),
      seed,
    }),
  );

  /** The first delta of a higher epoch after a loss, in the SSE reader's events. */
  function markFirstNewTokens(): void {
    const byRun = new Map(turns.map((turn) => [turn.accepted?.runId, turn.readers[0]?.events ?? []]));
    for (const takeOver of owners.takeOvers) {
      if (takeOver.newEpochAt === undefined) continue;
      const events = byRun.get(takeOver.runId) ?? [];
      const epochBefore = Math.max(
        0,
        ...events.filter(({ at }) => at < takeOver.lostAt).map((event) => ('epoch' in event && event.epoch) || 0),
      );
      const first = events.find(
        (event) => event.kind === 'delta' && event.at > takeOver.lostAt && (event.epoch ?? 0) > epochBefore,
      );
      if (first) takeOver.firstNewTokenAt = first.at;
    }
  }
} finally {
  await system.stop();
  await simulator.close();
}
process.exit(failed ? 1 : 0);
