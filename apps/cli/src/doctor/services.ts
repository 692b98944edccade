import { users } from '@perennial/contracts-auth';
import { chats } from '@perennial/contracts-chat';
import { ConnectionKindSchema, connections, settings } from '@perennial/contracts-config';
import type { Call } from '@perennial/contracts-kernel';
import { retrievalSettings } from '@perennial/contracts-retrieval';
import { type Caller, withCalls } from '../calls';
import { explain } from '../failure';
import { failed, type Finding, ok, warning } from './finding';

/** A cheap call of each service, by which it shows that it answers. */
const PROBES: { service: string; call: Call; request: unknown }[] = [
  { service: 'config', call: settings.version, request: {} },
  { service: 'auth', call: users.status, request: {} },
  { service: 'retrieval', call: retrievalSettings.get, request: {} },
  { service: 'chat', call: chats.list, request: { page: 1 } },
];

/** A service that answers later than this is in trouble. */
const ANSWER_MS = 2_000;

/** Whether each service answers its calls, and whether each model server lists its models. */
export async function checkServices(): Promise<Finding[]> {
  return withCalls(async (call) => {
    const answers = await Promise.all(PROBES.map((probe) => probeService(call, probe)));
    const config = answers[0];
    return config?.level === 'ok' ? [...answers, ...(await checkModelServers(call))] : answers;
  });
}

/** Calls for each replica. Redis gives a call to whichever has waited longest, so that one after another reaches all of them. */
const CALLS_PER_REPLICA = 3;

/**
 * Those of the services of which a replica does not answer calls that are signed with our SECRET_KEY.
 *
 * @param replicas how many run of each service
 */
export async function silentServices(call: Caller, replicas: ReadonlyMap<string, number>): Promise<string[]> {
  const silent = PROBES.map(async (probe) => {
    const calls = CALLS_PER_REPLICA * (replicas.get(probe.service) ?? 0);
    for (let made = 0; made < calls; made += 1)
      if ((await probeService(call, probe)).level !== 'ok') return [probe.service];
    return [];
  });
  return (await Promise.all(silent)).flat();
}

async function probeService(call: Caller, probe: (typeof PROBES)[number]): Promise<Finding> {
  const check = `service ${probe.service}`;
  try {
    await call(probe.call, probe.request, { deadlineMs: ANSWER_MS });
    return ok(check, 'it answers');
  } catch (error) {
    return warning(
      check,
      `it does not answer: ${explain(error)}`,
      `Start ${probe.service}, with the same REDIS_URL, REDIS_KEY_PREFIX and SECRET_KEY as here.`,
    );
  }
}

async function checkModelServers(call: Caller): Promise<Finding[]> {
  const sets = await Promise.all(ConnectionKindSchema.options.map((kind) => call(connections.get, { kind })));
  const used = sets.flatMap(({ kind, enabled, connections: list }) =>
    enabled ? list.filter(({ config }) => config.enable !== false).map((one) => ({ kind, ...one })) : [],
  );
  if (used.length === 0)
    return [
      warning(
        'models',
        'there is no connection to a model server',
        'Add one on the page of the administrator, or set OPENAI_API_BASE_URLS.',
      ),
    ];
  return Promise.all(used.map((one) => probeModelServer(call, one)));
}

async function probeModelServer(
  call: Caller,
  { kind, url, key }: { kind: (typeof ConnectionKindSchema.options)[number]; url: string; key: string },
): Promise<Finding> {
  const check = `models ${new URL(url).host}`;
  try {
    const { data } = await call(connections.verify, { kind, url, key });
    return ok(check, `it lists ${data.length} models`);
  } catch (error) {
    return failed(
      check,
      `it does not list its models: ${explain(error)}`,
      'Start that server, or correct the address and the key of the connection.',
    );
  }
}
