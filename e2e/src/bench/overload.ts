import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { launchSystem, ROOT } from '@perennial/launcher';
import { keepResult } from '@perennial/testing/servers';
import { Agent } from 'undici';
import { type Account, addUsers, signUpAdmin } from '../support/accounts';
import { openSocket } from './load';
import { Meters } from './meters';
import { floods } from './overload-floods';
import { crowd } from './overload-sockets';
import { startSimulatorProcess } from './simulator-process';
import { TurnUser } from './turn-user';
import { Victims } from './victims';

const USAGE = `bench:overload [--seconds 15] [--sockets] [--env NAME=VALUE] [--keep]
Offers a whole system ten times the turns that it was measured to complete, from many users and then from one; ten further users
who send a turn every few seconds are the victims. The last line has the figures.

  --seconds  of each phase
  --sockets  instead: 5,000 idle sockets and 200 streams on one gateway
  --env      a variable for all services, as often as needed
  --keep     writes docs/results/overload.json, or overload-sockets.json`;

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '15' },
    sockets: { type: 'boolean', default: false },
    env: { type: 'string', multiple: true, default: [] },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}

const SHORT = 'sim-t20-r60';
const LONG = 'sim-t900-r30';
const CROWD = 100;
const VICTIMS = 10;
const STREAM_USERS = 200;
/** Of each user. */
const CONNECTIONS = 40;

const simulator = await startSimulatorProcess([SHORT, LONG]);
try {
  const system = await launchSystem({
    env: {
      OPENAI_API_BASE_URLS: `${simulator.url}/v1`,
      OPENAI_API_KEYS: 'simulated',
      ...Object.fromEntries(options.env.map((assignment) => assignment.split(/=(.*)/s, 2))),
    },
  });
  const agents: Agent[] = [];
  try {
    const admin = await signUpAdmin(system.baseUrl);
    const accounts = await addUsers(system.baseUrl, admin, options.sockets ? STREAM_USERS : CROWD + VICTIMS);
    const meters = await Meters.open(system);
    const users: TurnUser[] = [];
    for (const account of options.sockets ? accounts : accounts.slice(VICTIMS)) {
      const socket = await openSocket(system.baseUrl, account);
      // Each has connections of its own, as a page has: with common ones a victim's request waits for a new one behind those of the crowd.
      const agent = new Agent({ connections: CONNECTIONS, headersTimeout: 60_000 });
      agents.push(agent);
      users.push(new TurnUser(system.baseUrl, account, socket, agent, options.sockets ? LONG : SHORT));
    }
    const seconds = Number(options.seconds);
    const figures = options.sockets
      ? await crowd({ system, accounts, users, meters, seconds })
      : await withVictims(system.baseUrl, accounts.slice(0, VICTIMS), (victims) =>
          floods({ crowd: users, victims, meters, seconds, baseUrl: system.baseUrl }),
        );
    if (options.keep) keepResult(ROOT, options.sockets ? 'overload-sockets' : 'overload', { figures });
    users.forEach((user) => user.close());
    await meters.close();
    await sleep(100);
    console.log(JSON.stringify(figures));
  } finally {
    await Promise.all(agents.map((agent) => agent.destroy()));
    await system.stop();
  }
} finally {
  await simulator.process.stop();
}

async function withVictims<T>(
  baseUrl: string,
  accounts: readonly Account[],
  work: (victims: Victims) => Promise<T>,
): Promise<T> {
  const victims = await Victims.start({ baseUrl, accounts, model: SHORT });
  try {
    return await work(victims);
  } finally {
    victims.stop();
  }
}
