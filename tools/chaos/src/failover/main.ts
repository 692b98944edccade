import { parseArgs } from 'node:util';
import { addContinuingConnection, addUsers, signUpAdmin } from '@perennial/e2e/support/accounts';
import { Owners } from '@perennial/e2e/support/owners';
import { check } from '../check/check';
import { unexcused } from '../check/requests';
import { percentile, takeOverMs, takeOverTimes } from '../check/take-overs';
import { explain, keepHistory } from '../explain';
import { startGround } from '../ground/ground';
import { Campaign } from '../nemeses/campaign';
import { Moments } from '../nemeses/moments';
import { Bystanders } from '../people/bystanders';
import { CONTINUING_PREFIX, LONG_MODELS, LONG_UPSTREAM, type WritingModel } from '../people/models';
import { readStored, untilSettled } from '../people/stored';
import { TurnDriver } from '../people/turns';
import type { History, TurnHistory } from '../record/history';
import { OPERATOR, Recorder } from '../record/recorder';
import { failoverPlan } from './plan';
import { stopAll, STOPPED_MODEL } from './stop-all';

const USAGE = `e2e:failover [--turns 100] [--kills 30] [--seed N] [--history DIRECTORY]
Kills processes under running turns and checks that no reader noticed it. The same seed gives the same plan of faults.`;

const SCALE = { gateway: 2, auth: 2, chat: 3, retrieval: 2, config: 2 };
const AT_ONCE = 20;
const BYSTANDERS = 4;

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
const log = (line: string): void => console.log(`${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${line}`);

const ground = await startGround({
  ...{ shape: { redis: 'single', postgres: 'single' }, scale: SCALE, bare: true, log },
  models: [LONG_UPSTREAM, STOPPED_MODEL],
});
const { system, baseUrl, simulator } = ground;
log(`${system.run.length} processes ready, seed ${seed}`);

let failed = true;
try {
  const admin = await signUpAdmin(baseUrl);
  await addContinuingConnection(baseUrl, admin, ground.providerUrl, CONTINUING_PREFIX);
  const users = await addUsers(baseUrl, admin, AT_ONCE + BYSTANDERS);
  const accounts = users.slice(0, AT_ONCE);
  const recorder = new Recorder();
  const owners = new Owners(() => ground.stores.postgres.primaryUrl);
  const moments = new Moments();
  const drivers = accounts.map((account) => new TurnDriver(baseUrl, account, moments, recorder));
  await Promise.all(drivers.map((driver) => driver.connected()));
  const bystanders = new Bystanders(baseUrl, users.slice(AT_ONCE), recorder.failed);

  const killsByService: Record<string, number> = {};
  const killed = (service: string): void => {
    killsByService[service] = (killsByService[service] ?? 0) + 1;
  };
  const campaign = new Campaign(log, (from, what) => recorder.complain(OPERATOR, from, what));
  let hurting = true;
  const startedAt = Date.now();
  const hurt = campaign
    .run(failoverPlan(seed, kills), { ground, owners, moments, killed, forgot: () => undefined })
    .finally(() => (hurting = false));
  await Promise.all(
    drivers.map(async (driver, at) => {
      while (recorder.begun < turnsWanted || hurting) {
        const from = Date.now();
        try {
          await driver.play({ model: LONG_MODELS[recorder.begun % LONG_MODELS.length] as WritingModel });
        } catch (error) {
          recorder.complain(`user ${at}`, from, error instanceof Error ? error.message : String(error));
        }
      }
    }),
  );
  await hurt;
  await bystanders.stop();
  const killCount = Object.values(killsByService).reduce((sum, count) => sum + count, 0);
  log(`${recorder.turns.length} turns played, ${killCount} kills ${JSON.stringify(killsByService)}`);

  await untilSettled(owners, log);
  await readStored(recorder.turns, accounts, { ground, owners });
  markFirstNewTokens(recorder.turns, owners);
  const { turns, failedRequests, complaints } = recorder;
  const history: History = {
    ...{ seed, startedAt, endedAt: Date.now(), turns, failedRequests, complaints },
    ...{ requests: recorder.requests + bystanders.requests, settings: { writes: [], reads: [] }, revocations: [] },
    ...{ takeOvers: owners.takeOvers, faults: campaign.faults, outages: campaign.outages, lostTails: [], uploads: [] },
  };
  const violations = check(history);
  for (const violation of violations.slice(0, 20)) for (const line of explain(violation, history)) log(line);
  log(`${bystanders.requests} requests of bystanders; ${failedRequests.length} of all requests failed`);
  if (options.history) keepHistory(options.history, history, violations);

  drivers.forEach((driver) => driver.close());
  const stop = await stopAll(system.gateways, accounts, simulator);
  log(`Stop through the other gateway: ${JSON.stringify(stop)}`);

  const toEpoch = takeOverTimes(history);
  const toToken = owners.takeOvers.flatMap((each) =>
    each.firstNewTokenAt ? [takeOverMs(each, each.firstNewTokenAt, campaign.outages)] : [],
  );
  failed = violations.length > 0 || stop.stopped !== AT_ONCE;
  await owners.close();
  log(`${toEpoch.length} take-overs, p50 ${percentile(toEpoch, 0.5)} ms to the new epoch`);
  const outside = unexcused(failedRequests, campaign.outages).length;
  console.log(
    JSON.stringify({
      turns: turns.length,
      kills: killCount,
      lost: violations.filter(({ kind }) => kind === 'lost').length - outside,
      duplicated: violations.filter(({ kind }) => kind === 'duplicated').length,
      failed_requests: failedRequests.length,
      failed_outside_outages: outside,
      takeover_p99_ms: percentile(toEpoch, 0.99),
      suspects_takeover_p99_ms: percentile(takeOverTimes(history, true), 0.99),
      first_new_token_p99_ms: percentile(toToken, 0.99),
      seed,
    }),
  );
} finally {
  await ground.stop();
}
process.exit(failed ? 1 : 0);

/** The first delta of a higher epoch after a loss, in the SSE reader's events. */
function markFirstNewTokens(turns: readonly TurnHistory[], owners: Owners): void {
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
