import { useState } from 'react';
import { listText } from '../../messages/formats';
import { ta } from '../messages';
import { ago, type FleetProcess, type FleetService, type Member } from './fleet-health';
import { processKey } from './loads';
import { type FleetContext, ProcessTile } from './process-tile';

/** A service with more processes shows only those that need somebody, until it is asked for all. */
const MOST_TILES = 12;
/** What one of its processes has in hand, and what waits for any of them. */
const WORK: Readonly<Record<string, 'answers' | 'files'>> = { chat: 'answers', retrieval: 'files' };

/** The processes of one service: at a glance, and each with what it says of itself. */
export function ServiceView({ service, context }: { service: FleetService; context: FleetContext }) {
  const { name, processes, ended } = service;
  const [all, setAll] = useState(false);
  const isLarge = processes.length > MOST_TILES;
  const shown = isLarge && !all ? processes.filter(({ health }) => health !== 'fine') : processes;
  return (
    <section className="fleet-service" aria-labelledby={`service-${name}`}>
      <header>
        <h2 id={`service-${name}`}>{name}</h2>
        <Cells members={processes} />
        <p className="muted">{serviceFacts(service).join(' · ')}</p>
      </header>
      {shown.length > 0 && (
        <ul className="fleet-tiles" aria-label={ta('fleet.processesOf', { name })}>
          {shown.map((member) => (
            <ProcessTile key={processKey(member.process)} member={member} context={context} />
          ))}
        </ul>
      )}
      {isLarge && (
        <button
          type="button"
          className="button button-quiet button-small"
          aria-expanded={all}
          onClick={() => setAll(!all)}
        >
          {all ? ta('fleet.onlyAttention') : ta('fleet.all', { all: processes.length })}
        </button>
      )}
      {ended.length > 0 && (
        <details className="fleet-ended">
          <summary>{ta('fleet.ended', { count: ended.length })}</summary>
          <ul>
            {ended.map(({ process }) => (
              <li key={processKey(process)}>{endedWords(process, context.now)}</li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

/** A mark for each process, in the shape and colour of its health. The tiles and the summary say the same in words. */
function Cells({ members }: { members: readonly Member[] }) {
  return (
    <span className="fleet-cells" aria-hidden="true">
      {members.map(({ process, health }) => (
        <span key={processKey(process)} className="fleet-mark" data-health={health} title={process.instance} />
      ))}
    </span>
  );
}

function serviceFacts({ name, processes, versions }: FleetService): string[] {
  const living = processes.map(({ process }) => process).filter(({ state }) => state !== 'gone');
  const sum = (pick: (process: (typeof living)[number]) => number | null) =>
    living.reduce<number | undefined>((total, process) => add(total, pick(process)), undefined);
  const ready = processes.filter(({ health }) => health === 'fine').length;
  const work = (count: number) => ta(`fleet.work.${WORK[name] ?? 'jobs'}`, { count });
  const runs = sum(({ runs }) => runs);
  const requests = sum(({ load }) => load?.in_flight ?? null);
  const queues = living.flatMap(({ queue }) => queue ?? []);
  const takeOvers = sum((process) => process.take_overs);
  return [
    ta('fleet.ready', { ready, all: processes.length }),
    runs !== undefined && ta('fleet.inHand', { work: work(runs) }),
    requests !== undefined && ta('fleet.inHand', { work: ta('fleet.work.requests', { count: requests }) }),
    // Each process tells the same number, somewhat older or newer.
    queues.length > 0 && ta('fleet.waiting', { work: work(Math.max(...queues)) }),
    takeOvers !== undefined && takeOvers > 0 && ta('fleet.takeOvers', { count: takeOvers }),
    versions.length > 0 && ta('fleet.version', { names: listText(versions) }),
  ].filter((fact) => fact !== false);
}

function endedWords(
  { instance: name, version, seen_at: seenAt, last_error: error }: FleetProcess,
  now: number,
): string {
  const told = { name, version, time: ago(seenAt, now) };
  return error ? ta('fleet.endedError', { ...told, error: error.code }) : ta('fleet.endedOne', told);
}

function add(total: number | undefined, value: number | null): number | undefined {
  return value === null ? total : (total ?? 0) + value;
}
