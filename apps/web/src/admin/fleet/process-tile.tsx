import type { SettingsVersion } from '@perennial/contracts-gateway';
import { listText, numberText } from '../../messages/formats';
import { ta } from '../messages';
import { durationWords, percent } from '../words';
import {
  ago,
  enforcesPlacements,
  type FleetProcess,
  type FleetReply,
  isBehind,
  type Member,
  missing,
  stateWords,
  unknownPlacements,
} from './fleet-health';
import { curve, type Loads, processKey } from './loads';

/** What the tiles of all processes are drawn from. */
export interface FleetContext {
  fleet: FleetReply;
  loads: Loads;
  /** Epoch seconds by the servers' clock. */
  now: number;
  latest: SettingsVersion;
}

const CURVE = { width: 240, height: 28 };

/** One process: how it is, what it does, and what it knows. */
export function ProcessTile({ member: { process, health }, context }: { member: Member; context: FleetContext }) {
  const { instance, role, load, state } = process;
  const away = missing(process);
  return (
    <li className="fleet-tile" data-health={health}>
      <header>
        <span className="fleet-mark" data-health={health} aria-hidden="true" />
        <h3>{instance}</h3>
        {role !== null && role !== 'all' && <span className="muted">{role}</span>}
        <span className="fleet-state">{stateWords(process)}</span>
      </header>
      {away.length > 0 && <p className="fleet-away">{ta('fleet.cannotReach', { names: listText(away) })}</p>}
      {load && state !== 'gone' && (
        <>
          <Curve readings={context.loads.get(processKey(process)) ?? []} />
          <p className="fleet-load">
            {ta('fleet.load', { cpu: percent(load.cpu), loop: percent(load.loop), memory: load.memory_mb })}
          </p>
        </>
      )}
      <dl>
        {factsOf(process, context).map(({ name, value, isOdd }) => (
          <div key={name} data-odd={isOdd}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </li>
  );
}

/** The share of a core over the last minute; the line below it says the present number. */
function Curve({ readings }: { readings: readonly number[] }) {
  const { width, height } = CURVE;
  return (
    <svg className="fleet-curve" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <polyline points={curve(readings, width, height)} />
    </svg>
  );
}

interface Fact {
  name: string;
  value: string;
  /** Worth a look. */
  isOdd?: boolean;
}

function factsOf(process: FleetProcess, { fleet, now, latest }: FleetContext): Fact[] {
  const { version, started_at: startedAt, seen_at: seenAt, runs, load, take_overs: takeOvers, state } = process;
  const { settings_version: settings, placements, last_error: error, address } = process;
  const unknown = unknownPlacements(process, fleet);
  const behind = isBehind(process, latest);
  const facts: (Fact | false)[] = [
    runs !== null && { name: ta('fleet.fact.inHand'), value: numberText(runs) },
    load?.in_flight != null && {
      name: ta('fleet.fact.inHand'),
      value: ta('fleet.work.requests', { count: load.in_flight }),
    },
    takeOvers !== null && takeOvers > 0 && { name: ta('fleet.fact.takeOvers'), value: numberText(takeOvers) },
    { name: ta('fleet.fact.version'), value: version },
    state === 'gone'
      ? { name: ta('fleet.fact.seen'), value: ago(seenAt, now), isOdd: true }
      : startedAt !== null && { name: ta('fleet.fact.running'), value: durationWords(now - startedAt) },
    state === 'silent' && { name: ta('fleet.fact.heard'), value: ago(seenAt, now), isOdd: true },
    settings !== null && {
      name: ta('fleet.fact.settings'),
      value: behind ? ta('fleet.settingsBehind', { version: settings }) : settings,
      isOdd: behind,
    },
    placements != null &&
      enforcesPlacements(fleet) && {
        name: ta('fleet.fact.placements'),
        value: placementWords(placements, unknown),
        isOdd: unknown.length > 0,
      },
    // The port is that of one connection, and says nothing.
    address !== null && { name: ta('fleet.fact.address'), value: address.replace(/:\d+$/, '') },
    error !== null && {
      name: ta('fleet.fact.error'),
      value: [error.code, ago(error.at, now), error.id && ta('fleet.errorId', { id: error.id })]
        .filter(Boolean)
        .join(', '),
    },
  ];
  return facts.filter((fact) => fact !== false);
}

function placementWords(placements: readonly string[], missing: readonly string[]): string {
  const names = placements.length > 0 ? placements.join(', ') : ta('fleet.noPlacement');
  return missing.length === 0 ? names : ta('fleet.unknownPlacement', { names, missing: listText(missing) });
}
