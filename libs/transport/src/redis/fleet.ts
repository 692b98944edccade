import { version } from '../../package.json';
import type { Connections } from './connections';
import type { RedisClient } from './create-redis';
import { isReplyError } from './errors';
import { type FleetReport, readReports } from './fleet-reports';

/** Reports come each second. One that is late for this long is missed, and earlier if its process has no connection any more. */
const SILENT_MS = 2_500;
const DISCONNECTED_MS = 1_500;
/** Without the list of connections, a silent process counts as gone after this time. */
const GONE_MS = 10_000;

/** A process of the installation. Only its connection is known of a version that does not report. */
export interface FleetMember extends Omit<FleetReport, 'startedAt' | 'seenAt'> {
  /**
   * As it says: `starting`, `ready`, `degraded` (works without an optional store), `failing` (takes no work), `draining`. Of one that is
   * silent: `silent` while it is still connected (paused or blocked), else `gone`. `connected`: it does not report.
   */
  state: string;
  /** Milliseconds since 1970. */
  startedAt: number | null;
  seenAt: number | null;
  /** Where its connection comes from; null when it is gone. */
  address: string | null;
}

type FleetConnections = Pick<Connections, 'commands' | 'askServers' | 'keyPrefix' | 'keyspace'>;

interface Connected {
  service: string;
  instance: string;
  version: string;
  address: string;
}

interface ConnectionList {
  connected: Connected[];
  /** False: a server did not say, so who has no connection may have one. */
  isComplete: boolean;
}

const LABEL = 'commands';

/**
 * The label of a process's connection for commands: it publishes service and version for as long as the process lives, and needs neither a
 * key nor a sweeper.
 */
export function memberLabel(keyPrefix: string, service: string): string {
  return [LABEL, keyPrefix, service, version].join(':');
}

/**
 * All processes of one installation, by service and name, from what they report each second and from Redis's list of connections, which
 * shows a killed process at once. No process is asked, so none can delay the answer.
 */
export async function readFleet(connections: FleetConnections): Promise<FleetMember[]> {
  return (await readMembers(connections)).members;
}

/** States of processes that do not answer calls now. */
const NOT_UP: readonly string[] = ['gone', 'silent', 'starting'];
/** What processes do that answer no calls at all. */
const NO_CALLS: readonly (string | null)[] = ['worker', 'quarantine'];

/**
 * Whether no replica of a service is there to answer a call, by what the processes themselves report. A process without a connection counts as
 * away, before its report is missed: ask twice, since one that connects again is away for a moment. Rejects when Redis does not answer.
 */
export async function isServiceAway(connections: FleetConnections, service: string): Promise<boolean> {
  const { members, isComplete } = await readMembers(connections);
  return !members.some(
    (member) =>
      member.service === service &&
      !NOT_UP.includes(member.state) &&
      !NO_CALLS.includes(member.role) &&
      (member.address !== null || !isComplete),
  );
}

async function readMembers(connections: FleetConnections): Promise<{ members: FleetMember[]; isComplete: boolean }> {
  const [{ now, reports }, { connected, isComplete }] = await Promise.all([
    readReports(connections.commands, connections.keyPrefix),
    readConnected(connections),
  ]);
  // The freshest reports of a name are those of its connections, if a process was started again under the name of one that died.
  const unclaimed = [...connected];
  const reported = reports
    .sort((a, b) => b.seenAt - a.seenAt)
    .map((report): FleetMember => {
      const at = unclaimed.findIndex((one) => one.service === report.service && one.instance === report.instance);
      const connection = at < 0 ? undefined : unclaimed.splice(at, 1)[0];
      const silentMs = now - report.seenAt;
      const isConnected = connection !== undefined || (!isComplete && silentMs < GONE_MS);
      const isMissed = silentMs >= (isConnected ? SILENT_MS : DISCONNECTED_MS);
      const state = isMissed ? (isConnected ? 'silent' : 'gone') : report.state;
      return { ...report, state, address: connection?.address ?? null };
    });
  const members = [...reported, ...unclaimed.map(withoutReport)].sort(
    (a, b) => a.service.localeCompare(b.service) || a.instance.localeCompare(b.instance),
  );
  return { members, isComplete };
}

/** Those that run and are older than a version (`1.2.3`): what it introduced, or no longer uses, they do not know. */
export function olderThan<M extends Pick<FleetMember, 'version' | 'state'>>(
  version: string,
  members: readonly M[],
): M[] {
  const wanted = version.split('.').map(Number);
  return members.filter((member) => {
    if (member.state === 'gone') return false;
    const parts = member.version.split('.').map((part) => Number.parseInt(part, 10));
    const at = wanted.findIndex((part, index) => part !== (parts[index] ?? 0));
    return at >= 0 && (parts[at] ?? 0) < (wanted[at] ?? 0);
  });
}

/** Running processes that do not treat people with a placement as this one does. */
export interface PlacementStrangers<M> {
  /** They would refuse everything that a placement rules. */
  unknown: M[];
  /** Their definition is another one: they would store elsewhere, or allow other servers. */
  different: M[];
}

/** @param print of the definition here (`placementPrints`); a version that tells none is believed */
export function strangersTo<M extends Pick<FleetMember, 'service' | 'state' | 'placements' | 'placementPrints'>>(
  placement: string,
  print: string,
  members: readonly M[],
): PlacementStrangers<M> {
  const running = members.filter(({ service, state }) => service !== 'cli' && state !== 'gone');
  const knows = ({ placements }: M) => placements?.includes(placement) ?? false;
  return {
    unknown: running.filter((member) => !knows(member)),
    different: running.filter((member) => knows(member) && (member.placementPrints?.[placement] ?? print) !== print),
  };
}

/**
 * Running retrieval processes that would read and write an index of this vector store elsewhere, or not at all: they do not declare it, they
 * declare another one under its name, or their version knows no names.
 *
 * @param print of the store here (`vectorStorePrints`)
 */
export function strangersToStore<M extends Pick<FleetMember, 'service' | 'state' | 'vectorStores'>>(
  name: string,
  print: string,
  members: readonly M[],
): M[] {
  return members.filter(
    ({ service, state, vectorStores }) => service === 'retrieval' && state !== 'gone' && vectorStores?.[name] !== print,
  );
}

/** Processes that are named in an error. */
const NAMED = 10;

/** The names of processes, for an error. */
export function namesOf(members: readonly Pick<FleetMember, 'instance' | 'state'>[]): string {
  const names = members
    .slice(0, NAMED)
    .map(({ instance, state }) => (state === 'silent' ? `${instance} (silent)` : instance));
  return members.length > NAMED ? `${names.join(', ')} and ${members.length - NAMED} more` : names.join(', ');
}

/** From every server that answers. */
async function readConnected(connections: FleetConnections): Promise<ConnectionList> {
  const { keyPrefix, keyspace } = connections;
  const lists = await connections.askServers(listOf);
  const connected = lists.flatMap(
    (list) => list?.split('\n').flatMap((line) => connectedFrom(line, keyPrefix) ?? []) ?? [],
  );
  const isComplete = !lists.includes(undefined);
  if (!keyspace.isSharded) return { connected, isComplete };
  // A process has several connections to the nodes of a Cluster.
  const once = new Map(connected.map((one) => [`${one.service} ${one.instance}`, one]));
  return { connected: [...once.values()], isComplete };
}

/** @returns undefined if this user of Redis may not list connections */
async function listOf(server: RedisClient): Promise<string | undefined> {
  try {
    return String(await server.call('CLIENT', 'LIST', 'TYPE', 'normal'));
  } catch (error) {
    if (isReplyError(error) && error.message.startsWith('NOPERM')) return undefined;
    throw error;
  }
}

function connectedFrom(line: string, keyPrefix: string): Connected | undefined {
  const fields = new Map(line.split(' ').map((field): [string, string] => splitAt(field, '=')));
  const [instance, published] = splitAt(fields.get('name') ?? '', `:${LABEL}:${keyPrefix}:`);
  const [service, release] = splitAt(published, ':');
  if (service === '' || release === '') return undefined;
  return { service, instance, version: release, address: fields.get('addr') ?? '' };
}

function withoutReport(connected: Connected): FleetMember {
  return {
    ...connected,
    state: 'connected',
    startedAt: null,
    seenAt: null,
    load: null,
    role: null,
    runs: null,
    queue: null,
    takeOvers: null,
    settings: null,
    retrievalSettings: null,
    placements: null,
    placementPrints: null,
    vectorStores: null,
    blobStores: null,
    dependencies: [],
    lastError: null,
  };
}

/** The text before and after the first occurrence of a separator; nothing after it where there is none. */
function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}
