import {
  behindSettings,
  laterSettings,
  parseSettingsVersion,
  type RouteReply,
  type routes,
  type SettingsVersion,
} from '@perennial/contracts-gateway';
import { listText } from '../../messages/formats';
import { ta } from '../messages';
import { agoWords } from '../words';

export type FleetReply = RouteReply<typeof routes.fleet.list>;
export type FleetProcess = FleetReply['processes'][number];

/** How much a process needs somebody: not at all, not yet, soon, now; `ended` is over and made good. */
export type Health = 'fine' | 'passing' | 'worry' | 'broken' | 'ended';

const HEALTH: Record<string, Health> = {
  ready: 'fine',
  starting: 'passing',
  draining: 'passing',
  connected: 'passing',
  degraded: 'worry',
  silent: 'worry',
  failing: 'broken',
  gone: 'broken',
};

const STATES = ['ready', 'starting', 'draining', 'connected', 'degraded', 'silent', 'failing', 'gone'] as const;
/** States that a sentence about the whole fleet names. */
type Said = Exclude<(typeof STATES)[number], 'ready'>;

/** For so long it is told that a process ended, although another has its place. */
const NEWS_SECONDS = 60;
/** The order in which a request meets them; others follow by name. */
const SERVICES = ['gateway', 'auth', 'config', 'chat', 'retrieval'];
/** Processes that the summary names; of more only the number is said. */
const MOST_NAMED = 3;

export interface FleetService {
  name: string;
  /** Who needs somebody first. */
  processes: Member[];
  /** Dead ones whose place is taken again. */
  ended: Member[];
  versions: string[];
}

export interface Member {
  process: FleetProcess;
  health: Health;
}

/** The processes by service, each with its health. */
export function servicesOf(fleet: FleetReply): FleetService[] {
  const names = [...new Set(fleet.processes.map(({ service }) => service))];
  const place = (name: string) => (SERVICES.includes(name) ? SERVICES.indexOf(name) : SERVICES.length);
  return names
    .sort((a, b) => place(a) - place(b) || a.localeCompare(b))
    .map((name) => {
      const all = fleet.processes.filter(({ service }) => service === name);
      const members = all.map((process) => ({ process, health: healthOf(process, all) }));
      return {
        name,
        processes: members.filter(({ health }) => health !== 'ended').sort(byNeed),
        ended: members
          .filter(({ health }) => health === 'ended')
          .sort((a, b) => (b.process.seen_at ?? 0) - (a.process.seen_at ?? 0)),
        versions: fleet.versions[name] ?? [],
      };
    });
}

function healthOf(process: FleetProcess, all: readonly FleetProcess[]): Health {
  if (process.state !== 'gone') return HEALTH[process.state] ?? 'worry';
  const successor = all.some(({ instance, state }) => instance === process.instance && state !== 'gone');
  return successor ? 'ended' : 'broken';
}

const NEED: Health[] = ['broken', 'worry', 'passing', 'fine', 'ended'];

function byNeed(a: Member, b: Member): number {
  const numeric = { numeric: true };
  return (
    NEED.indexOf(a.health) - NEED.indexOf(b.health) ||
    a.process.instance.localeCompare(b.process.instance, undefined, numeric)
  );
}

export function stateWords({ state }: FleetProcess): string {
  const known = STATES.find((one) => one === state);
  return known ? ta(`fleet.state.${known}`) : state;
}

/** The names of what a process cannot reach. */
export function missing({ dependencies }: FleetProcess): string[] {
  return dependencies.filter(({ ok }) => !ok).map(({ name }) => name);
}

/** Epoch seconds by the servers' clock, which the reader's may not agree with. */
export function serverNow({ processes }: FleetReply): number {
  return Math.max(0, ...processes.map(({ seen_at: seenAt }) => seenAt ?? 0));
}

/** The whole fleet in a few sentences, those that matter first. Without times, so that it changes only with the fleet. */
export function summary(services: readonly FleetService[], now: number): string[] {
  const running = services.flatMap(({ processes }) => processes);
  const count = (health: Health) => running.filter((one) => one.health === health).length;
  const ready = count('fine');
  const sentences = [
    readyWords(ready, running.length),
    ...(['broken', 'worry', 'passing'] as const).flatMap((health) => named(running, health)),
  ];
  const news = services
    .flatMap(({ ended }) => ended)
    .filter(({ process }) => now - (process.seen_at ?? 0) < NEWS_SECONDS)
    .map(({ process }) => process.instance);
  if (news.length > 0) sentences.push(ta('fleet.restarted', { names: listOf(news), count: news.length }));
  for (const { name, versions } of services) {
    if (versions.length > 1) sentences.push(ta('fleet.versions', { versions: listText(versions), name }));
  }
  return sentences;
}

function readyWords(ready: number, all: number): string {
  if (all === 1) return ready === 1 ? ta('fleet.oneReady') : ta('fleet.oneNotReady');
  return ready === all ? ta('fleet.allReady', { all }) : ta('fleet.someReady', { ready, all });
}

function named(members: readonly Member[], health: Health): string[] {
  const byState = new Map<Said, string[]>();
  for (const { process } of members.filter((member) => member.health === health)) {
    const said = saidOf(process, health);
    byState.set(said, [...(byState.get(said) ?? []), process.instance]);
  }
  return [...byState].map(([said, names]) => ta(`fleet.said.${said}`, { names: listOf(names), count: names.length }));
}

/** What is said of a process; a state of a later version is said as the mildest of its health. */
function saidOf({ state }: FleetProcess, health: Health): Said {
  const known = STATES.find((one): one is Said => one === state && one !== 'ready');
  return known ?? (health === 'broken' ? 'failing' : 'degraded');
}

function listOf(names: readonly string[]): string {
  const unique = [...new Set(names)];
  if (unique.length <= MOST_NAMED) return listText(unique);
  return ta('fleet.andMore', { names: unique.slice(0, MOST_NAMED).join(', '), count: unique.length - MOST_NAMED });
}

/** The latest settings that any process has applied. */
export function latestSettings({ processes }: FleetReply): SettingsVersion {
  return processes.reduce<SettingsVersion>((latest, { settings_version: version }) => {
    const applied = version === null ? undefined : parseSettingsVersion(version);
    return applied ? laterSettings(latest, applied) : latest;
  }, {});
}

/** Whether a process lacks settings that another has; for a second after a change that is normal. */
export function isBehind({ service, settings_version: version }: FleetProcess, latest: SettingsVersion): boolean {
  if (version === null) return false;
  // Only gateways apply auth's changes.
  const wanted = service === 'gateway' ? latest : { c: latest.c };
  return behindSettings(parseSettingsVersion(version) ?? {}, wanted).length > 0;
}

/** Whether any process of the installation knows a placement. */
export function enforcesPlacements({ processes }: FleetReply): boolean {
  return processes.some(({ placements }) => placements != null && placements.length > 0);
}

/** Placements that others know and this process does not; empty where it enforces none. */
export function unknownPlacements({ placements }: FleetProcess, { processes }: FleetReply): string[] {
  if (!placements) return [];
  const all = new Set(processes.flatMap((process) => (process.state === 'gone' ? [] : (process.placements ?? []))));
  return [...all].filter((name) => !placements.includes(name)).sort();
}

/** How long ago something was, in words. */
export function ago(time: number | null, now: number): string {
  return time === null ? ta('time.unknown') : agoWords(now - time);
}
