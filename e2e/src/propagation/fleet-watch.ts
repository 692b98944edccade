import { type RouteReply, routes } from '@perennial/contracts-gateway';
import { waitFor } from '@perennial/testing/servers';
import { http } from '../support/http';

type FleetReply = RouteReply<typeof routes.fleet.list>;

export async function fleetAt(gateway: string, token: string): Promise<FleetReply> {
  const { status, body } = await http<FleetReply>('GET', gateway + routes.fleet.list.path, { token });
  if (status !== 200) throw new Error(`the fleet answered ${status}: ${JSON.stringify(body)}`);
  return body;
}

/** The states of all processes, living or not, that had or have this name. */
export async function statesOf(gateway: string, token: string, instance: string): Promise<string[]> {
  const { processes } = await fleetAt(gateway, token);
  return processes.filter((one) => one.instance === instance).map(({ state }) => state);
}

/** Waits until the fleet shows an instance in a state. @returns milliseconds */
export async function untilShown(gateway: string, token: string, instance: string, state: string): Promise<number> {
  const began = performance.now();
  await waitFor(async () => (await statesOf(gateway, token, instance)).includes(state), {
    timeoutMs: 30_000,
    intervalMs: 25,
    what: `${instance} to be shown as ${state}`,
  });
  return Math.round(performance.now() - began);
}
