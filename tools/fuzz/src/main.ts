import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { routes } from '@perennial/contracts-gateway';
import { launchSystem } from '@perennial/launcher';
import { startSimulator } from '@perennial/provider-simulator';
import { attack, type Find } from './attack';
import { startBystander } from './bystander-child';
import { Ground, PLACEHOLDERS } from './ground';
import { faultsOf, type Figures } from './judge';
import { Plan } from './plan';
import { RedisRecords } from './redis-records';
import { failed, report, slowestMs } from './report';
import { fuzzedRoutes } from './routes';

const USAGE = `fuzz [--requests 10000] [--seconds 0] [--seed N] [--at-once 6] [--half-sent 2200] [--no-redis] [--from 0]
Sends the built product what no client would send, and watches whether it fails, dies, answers too much or lets others wait.
The same seed gives the same requests; --from N --requests 1 sends one of them again. It ends when both --requests and --seconds are reached. The last line has the figures.`;

const MODEL = 'sim-t20-r200-x';
const CALM_MS = 6_000;
/** Warm-up of the processes. */
const WARM_UP_MS = 3_000;

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '0' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    'at-once': { type: 'string', default: '6' },
    'half-sent': { type: 'string', default: '2200' },
    from: { type: 'string', default: '0' },
    'no-redis': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const [wanted, seed] = [Number(values.requests), Number(values.seed)];
const started = Date.now();
const log = (line: string): void => console.log(`${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${line}`);

const simulator = await startSimulator({ port: 0, models: [MODEL] });
const deaths: string[] = [];
const home = mkdtempSync(join(tmpdir(), 'perennial-fuzz-'));
// Postgres runs as another user when this is root, and needs access.
chmodSync(home, 0o755);
const system = await launchSystem({
  home,
  env: { OPENAI_API_BASE_URLS: `${simulator.url}/v1`, OPENAI_API_KEYS: 'simulated' },
  onEvent: (event) => {
    if (event.kind !== 'died') return;
    deaths.push(event.name);
    log(`${event.name} died (${JSON.stringify(event.exit)}): ${lastWords(event.name)}`);
  },
});
let faults = ['it did not come to an end'];
try {
  const ground = await Ground.lay(system.baseUrl, MODEL);
  const ids = {
    known: PLACEHOLDERS,
    urls: [`${simulator.url}/v1`, simulator.url, 'http://127.0.0.1:9', 'http://[::1]:9/v1'],
    models: [MODEL, MODEL, 'nope'],
  };
  const fuzzed = fuzzedRoutes();
  log(`${fuzzed.length} routes, seed ${seed}`);

  const { token, chatId } = ground.bystander;
  const paths = [
    routes.chats.list.path,
    routes.auths.session.path,
    routes.configs.get.path,
    routes.chats.get.path.replace(':id', chatId),
  ];
  const bystander = startBystander({ baseUrl: system.baseUrl, token, paths });
  await sleep(WARM_UP_MS + CALM_MS);
  const attackedAt = Date.now();

  const redis = values['no-redis'] ? undefined : new RedisRecords(system.redisUrl);
  const tally = await attack({
    target: ground,
    plan: new Plan(seed, fuzzed, ids),
    ...(redis && { redis }),
    from: Number(values.from),
    requests: wanted,
    seconds: Number(values.seconds),
    atOnce: Number(values['at-once']),
    halfSent: Number(values['half-sent']),
    onFind: tell,
  });
  redis?.close();
  await bystander.stop();
  const calm = bystander.samples.filter(({ startedAt }) => startedAt > attackedAt - CALM_MS && startedAt < attackedAt);
  const attacked = bystander.samples.filter(({ startedAt }) => startedAt >= attackedAt);
  for (const line of report(tally.exchanges, attacked, started)) log(line);
  const figures: Figures = {
    requests: tally.requests,
    status_500: tally.unexpected,
    deaths: deaths.length,
    amplified: tally.amplified,
    slowest_bystander_ms: slowestMs(attacked),
    calm_slowest_ms: slowestMs(calm),
  };
  faults = faultsOf(figures, wanted, attacked.filter(failed).length);
  for (const fault of faults) log(`WRONG: ${fault}`);
  console.log(JSON.stringify(figures));
} finally {
  await system.stop();
  await simulator.close();
  rmSync(home, { recursive: true, force: true });
}
process.exit(faults.length === 0 ? 0 : 1);

function tell({ kind, index, name, sent, answered }: Find): void {
  log(`${kind}: request ${index}, ${name}\n    ${sent}\n    ${answered}`);
  const id = /"error_id":"([^"]+)"/.exec(answered)?.[1];
  if (id !== undefined) log(`    ${logged(id).join('\n    ')}`);
}

/** What the services logged under an error's id. */
function logged(id: string): string[] {
  const directory = join(home, 'logs');
  return readdirSync(directory)
    .flatMap((name) => readFileSync(join(directory, name), 'utf8').split('\n'))
    .filter((line) => line.includes(id))
    .map((line) => line.slice(0, 1_500));
}

function lastWords(name: string): string {
  const lines = readFileSync(join(home, 'logs', `${name}.log`), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.at(-1)?.slice(0, 1_500) ?? '';
}
