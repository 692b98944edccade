import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningSystem } from '@perennial/launcher';
import type { Account } from '../support/accounts';
import { http } from '../support/http';
import { print, round } from './cost';
import { Histogram } from './histogram';
import { type BenchSocket, openSocket } from './load';
import type { Meters } from './meters';
import { Tally } from './tally';
import type { TurnUser } from './turn-user';

const IDLE_SOCKETS = 5_000;
const AT_ONCE = 50;
const REST_MS = 5_000;
const PING_MS = 20;
/** The turns of the streams begin within this time. */
const SPREAD_MS = 5_000;

export interface CrowdOptions {
  system: RunningSystem;
  accounts: readonly Account[];
  /** Each streams one long answer. */
  users: readonly TurnUser[];
  meters: Meters;
  /** For which the streams are watched. */
  seconds: number;
}

/** Thousands of sockets without traffic and some streams on one gateway: memory for each socket, and how long its loop lets others wait. */
export async function crowd(options: CrowdOptions): Promise<Record<string, unknown>> {
  const { system, accounts, users, meters, seconds } = options;
  const gateway = () => meters.memory()['gateway'] ?? 0;
  await sleep(REST_MS);
  const before = gateway();
  const sockets: BenchSocket[] = [];
  while (sockets.length < IDLE_SOCKETS) {
    const next = Array.from({ length: AT_ONCE }, (_, n) => accounts[(sockets.length + n) % accounts.length]!);
    sockets.push(...(await Promise.all(next.map((account) => openSocket(system.baseUrl, account)))));
  }
  await sleep(REST_MS);
  const held = gateway() - before;
  print('idle sockets', { count: sockets.length, gateway_mb: round(held) });
  const idle = await loopDelay(system, REST_MS);
  const tally = new Tally(seconds);
  const turns = users.map(async (user, n) => {
    await sleep((SPREAD_MS * n) / users.length);
    await tally.count(user.turn());
  });
  await sleep(SPREAD_MS);
  const busy = await loopDelay(system, seconds * 1_000);
  await Promise.all(turns);
  print('streams', tally.figures());
  sockets.forEach((socket) => socket.disconnect());
  return {
    idle_sockets: sockets.length,
    streams: users.length,
    kb_per_socket: round((held * 1_024) / sockets.length),
    loop_delay_p99_ms: busy.quantile(0.99),
    loop_delay_idle_p99_ms: idle.quantile(0.99),
  };
}

/** How late the gateway answers its liveness route, which does nothing: an upper bound of the delay of its event loop. */
async function loopDelay({ run }: RunningSystem, forMs: number): Promise<Histogram> {
  const { healthPort } = run.find(({ service }) => service === 'gateway')!;
  const delays = new Histogram();
  for (const end = Date.now() + forMs; Date.now() < end; await sleep(PING_MS)) {
    const from = performance.now();
    await http('GET', `http://127.0.0.1:${healthPort}/health/live`);
    delays.add(performance.now() - from);
  }
  return delays;
}
