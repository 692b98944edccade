import {
  behindSettings,
  MAX_FLEET,
  parseSettingsVersion,
  type RouteReply,
  type routes,
  type SettingsVersion,
} from '@perennial/contracts-gateway';
import type { FleetMember } from '@perennial/transport';

type FleetReply = RouteReply<typeof routes.fleet.list>;
type Replica = RouteReply<typeof routes.configs.appliedVersions>['replicas'][number];

const MIB = 1_024 * 1_024;

/** The reply of `GET /api/v1/fleet`, bounded. */
export function toFleet(members: readonly FleetMember[]): FleetReply {
  const shown =
    members.length <= MAX_FLEET
      ? members
      : [...members].sort((a, b) => Number(a.state === 'gone') - Number(b.state === 'gone')).slice(0, MAX_FLEET);
  const versions: Record<string, string[]> = {};
  for (const { service, version, state } of members) {
    const known = (versions[service] ??= []);
    if (state !== 'gone' && !known.includes(version)) known.push(version);
  }
  return { processes: shown.map(toProcess), omitted: members.length - shown.length, versions };
}

/** A process that applies settings; undefined for others, and for those that are gone. */
export function toReplica(member: FleetMember, latest: SettingsVersion): Replica | undefined {
  const { service, instance, state, settings, retrievalSettings, seenAt } = member;
  if (state === 'gone' || (settings === null && retrievalSettings === null)) return undefined;
  const applied = parseSettingsVersion(settings ?? '') ?? {};
  // Only gateways apply auth's changes.
  const wanted = service === 'gateway' ? latest : { c: latest.c };
  return {
    service,
    instance,
    state,
    seen_at: seconds(seenAt),
    settings_version: settings,
    retrieval_version: retrievalSettings,
    behind: settings !== null && behindSettings(applied, wanted).length > 0,
  };
}

function toProcess(member: FleetMember): FleetReply['processes'][number] {
  const { service, role, instance, version, state, address, load, runs, queue, takeOvers, lastError } = member;
  return {
    service,
    role,
    instance,
    version,
    state,
    started_at: seconds(member.startedAt),
    seen_at: seconds(member.seenAt),
    address,
    load: load && {
      cpu: load.cpu,
      loop: load.loop,
      loop_delay_ms: load.loopDelayMs,
      memory_mb: Math.round(load.bytes / MIB),
      in_flight: load.inFlight,
    },
    runs,
    queue,
    take_overs: takeOvers,
    settings_version: member.settings,
    placements: member.placements,
    placement_fingerprints: member.placementPrints,
    vector_stores: member.vectorStores,
    dependencies: member.dependencies,
    last_error: lastError && { ...lastError, at: lastError.at / 1_000 },
  };
}

function seconds(milliseconds: number | null): number | null {
  return milliseconds === null ? null : milliseconds / 1_000;
}
