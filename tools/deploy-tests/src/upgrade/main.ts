import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { CONTINUING_PREFIX, LONG_UPSTREAM } from '@perennial/chaos/people/models';
import { openStore } from '@perennial/e2e/retrieval/stores';
import { addContinuingConnection, addUsers, signUpAdmin } from '@perennial/e2e/support/accounts';
import { Owners } from '@perennial/e2e/support/owners';
import { launchSystem, ROOT, type ServiceName, SERVICES } from '@perennial/launcher';
import { startSimulator } from '@perennial/provider-simulator';
import { startBalancer } from '../load-balancers/load-balancer';
import { previousBuild } from './previous-build';
import { DOWNWARD, roll, scale, UPWARD } from './roll';
import { expandSchema } from './schema-change';
import { SDK_MODEL, SdkUsers } from './sdk-users';
import { Turns } from './turns';
import { Visitors } from './visitors';

const USAGE = `upgrade:test [--short]
Starts the version that PREVIOUS_RELEASE names behind HAProxy, and under load replaces every process with this version, back, and again.
--short: one process of each service is replaced once.`;

const { values: options } = parseArgs({
  options: { short: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
});
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
// The balancer's certificate is self-signed, and each client has its own agent.
process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
const REPLICAS = 2;
const USERS = options.short ? { turns: 3, visitors: 2, sdk: 1 } : { turns: 8, visitors: 3, sdk: 3 };
/** The logs of a run that failed. */
const LOGS = join(ROOT, 'test-results/upgrade');
/** Lines about what went wrong. */
const MOST_SHOWN = 60;
const CALM_MS = 60_000;
/** Shorter than an answer: about half of the running answers are handed over to another worker. */
const CHAT_GRACE_MS = 4_000;

const started = Date.now();
const log = (line: string) => console.log(`${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${line}`);
const previous = await previousBuild(log);
if (previous === undefined) process.exit(0);

const dir = mkdtempSync(join(tmpdir(), 'perennial-upgrade-'));
const simulator = await startSimulator({ port: 0, models: [LONG_UPSTREAM, SDK_MODEL] });
const store = (await openStore('qdrant', log)) ?? (await openStore('lancedb', log));
const system = await launchSystem({
  root: previous,
  scale: scale(REPLICAS),
  supervise: false,
  env: {
    ...store?.env,
    OPENAI_API_BASE_URLS: `${simulator.url}/v1`,
    OPENAI_API_KEYS: 'simulated',
    RAG_EMBEDDING_ENGINE: 'openai',
    RAG_EMBEDDING_MODEL: 'sim-embed',
    RAG_OPENAI_API_BASE_URL: `${simulator.url}/v1`,
    RAG_OPENAI_API_KEY: 'simulated',
    TRUSTED_PROXIES: '127.0.0.1',
  },
  serviceEnv: { chat: { SHUTDOWN_GRACE_MS: String(CHAT_GRACE_MS) } },
});
let balancer: Awaited<ReturnType<typeof startBalancer>> | undefined;
let failed = true;
try {
  balancer = await startBalancer('HAProxy', dir, system.gateways);
  const { url } = balancer;
  // Only from this machine the first account needs no set-up secret.
  const admin = await signUpAdmin(system.baseUrl);
  await addContinuingConnection(url, admin, `${simulator.url}/v1`, CONTINUING_PREFIX);
  const users = await addUsers(url, admin, USERS.turns + USERS.visitors + USERS.sdk);
  log(`${system.run.length} processes of the previous version are ready`);

  const from = Date.now();
  const owners = new Owners(() => system.postgresUrl);
  const turns = new Turns(url, users.splice(0, USERS.turns));
  await turns.begin();
  const visitors = new Visitors(url, users.splice(0, USERS.visitors)).begin();
  const programs = new SdkUsers(url, users).begin();
  await sleep(3_000);
  await expandSchema(system.postgresUrl);
  log('the schema was changed');
  const wrong: string[] = [];
  const replicas = options.short ? 1 : REPLICAS;
  const step = async (direction: string, root: string, order: readonly ServiceName[]) => {
    log(`${direction}: ${order.join(', ')}`);
    wrong.push(...(await roll({ system, root, order, replicas, log })));
  };
  await step('up, one after another', ROOT, UPWARD);
  if (!options.short) {
    await step('down, one after another', previous, DOWNWARD);
    // As an orchestrator does: every service, the replicas of each one after another.
    await Promise.all(SERVICES.map((service) => step('up again, all services at once', ROOT, [service])));
  }
  await Promise.all([turns.end(), visitors.end(), programs.end()]);
  const duration = Math.round((Date.now() - from) / 1_000);

  const calmBy = Date.now() + CALM_MS;
  while ((await owners.unfinished()) > 0 && Date.now() < calmBy) await sleep(250);
  const { lost, handedOver, resets } = await turns.judge(owners, simulator);
  await owners.close();
  const failures = [...turns.failed, ...visitors.failed, ...programs.failed];
  log(
    `${handedOver} answers went to another worker; ${resets.restarting.length} resets where the provider cannot continue a text`,
  );
  // Without a hand-over the long form would show less than it says.
  if (!options.short && handedOver === 0) wrong.push('no answer was handed over');
  for (const line of [...wrong, ...lost, ...resets.continuing, ...failures].slice(0, MOST_SHOWN)) log(line);
  failed = wrong.length + lost.length + failures.length + resets.continuing.length > 0;
  console.log(
    JSON.stringify({
      requests: visitors.requests + programs.requests + turns.requests,
      failed_requests: failures.length,
      turns: turns.played.length + turns.problems.length,
      lost: lost.length,
      resets_seen: resets.continuing.length,
      duration_s: duration,
    }),
  );
} finally {
  await balancer?.process.stop();
  if (failed) cpSync(system.home.logs, LOGS, { recursive: true });
  await system.stop();
  await store?.server?.stop();
  await simulator.close();
  rmSync(dir, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
