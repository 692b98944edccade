import { useState } from 'react';
import { counted } from '../../files/file-words';
import { listWords } from '../words';
import { ago, type FleetService, type Member } from './fleet-health';
import { processKey } from './loads';
import { type FleetContext, ProcessTile } from './process-tile';

/** A service with more processes shows only those that need somebody, until it is asked for all. */
const MOST_TILES = 12;
/** What one of its processes has in hand, and what waits for any of them. */
const WORK: Record<string, [one: string, many: string]> = {
  chat: ['answer', 'answers'],
  retrieval: ['file', 'files'],
};

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
        <ul className="fleet-tiles" aria-label={`Processes of ${name}`}>
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
          {all ? 'Show only those that need attention' : `Show all ${processes.length}`}
        </button>
      )}
      {ended.length > 0 && (
        <details className="fleet-ended">
          <summary>{counted(ended.length, 'process', 'processes')} ended in the last ten minutes</summary>
          <ul>
            {ended.map(({ process }) => (
              <li key={processKey(process)}>
                {process.instance}, version {process.version}: gone {ago(process.seen_at, context.now)}
                {process.last_error && `, its last error ${process.last_error.code}`}
              </li>
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
  const [one, many] = WORK[name] ?? ['job', 'jobs'];
  const runs = sum(({ runs }) => runs);
  const requests = sum(({ load }) => load?.in_flight ?? null);
  const queues = living.flatMap(({ queue }) => queue ?? []);
  const takeOvers = sum((process) => process.take_overs);
  return [
    `${ready} of ${processes.length} ready`,
    runs !== undefined && `${counted(runs, one, many)} in hand`,
    requests !== undefined && `${counted(requests, 'request')} in hand`,
    // Each process tells the same number, somewhat older or newer.
    queues.length > 0 && `${counted(Math.max(...queues), one, many)} waiting`,
    takeOvers !== undefined && takeOvers > 0 && `${counted(takeOvers, 'take-over')}`,
    versions.length > 0 && `version ${listWords(versions)}`,
  ].filter((fact) => fact !== false);
}

function add(total: number | undefined, value: number | null): number | undefined {
  return value === null ? total : (total ?? 0) + value;
}
