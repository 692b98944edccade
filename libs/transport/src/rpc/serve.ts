import type { INestApplicationContext } from '@nestjs/common';
import type { Call } from '@perennial/contracts-kernel';
import type { Runtime } from '@perennial/runtime';
import { Connections } from '../redis';
import { RedisRpcServer } from './rpc-server';

/**
 * Calls are short; unfinished ones are handed to another replica after this time, so that runs get the rest of the grace.
 */
const DRAIN_CALLS_MS = 5_000;

/**
 * Connects a service's transport to its process: ready only with Redis and while it takes calls; while something that it needs is silent it leaves
 * them to others; after SIGTERM it takes none.
 */
export function tieRpcServer(app: INestApplicationContext, runtime: Runtime): void {
  const server = app.get(RedisRpcServer);
  const connections = app.get(Connections);
  runtime.readiness.register('redis', async () => {
    if (!(await connections.isReachable())) throw new Error('Redis cannot be reached');
  });
  runtime.readiness.register('calls', () => {
    if (!server.isReady) throw new Error('calls are not taken');
  });
  runtime.hindrances.onChange((isHindered) => server.yieldToOthers(isHindered));
  runtime.drain.add('intake', 'drain calls', ({ remainingMs }) => server.drain(Math.min(remainingMs, DRAIN_CALLS_MS)));
}

/** The calls that a contract package declares in its namespaces (`import * as contract from …`), for `TransportModule.forRoot({ calls })`. */
export function callsOf(contract: object): Call[] {
  const calls = Object.values(contract)
    .filter((value): value is object => typeof value === 'object' && value !== null)
    .flatMap((namespace) => Object.values(namespace))
    .filter(isCall);
  if (calls.length === 0) throw new Error('The contract declares no call');
  return calls;
}

function isCall(value: unknown): value is Call {
  return typeof value === 'object' && value !== null && 'pattern' in value && 'effect' in value;
}
