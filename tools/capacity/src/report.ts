import { type Plan, SERVICES, TARGET_UTILISATION, totalOf } from './plan';
import type { Simulated } from './simulation';

/** The plan as text: a table of processes, the stores, and what the simulated hour did to it. */
export function report(plan: Plan, simulated: Simulated): string {
  const { processes, cores, memory_gib } = totalOf(plan);
  const rows = SERVICES.map((service) => {
    const { replicas, cores_used, cores: allowed, memory_mib, because } = plan.services[service];
    return [service, String(replicas), cores_used.toFixed(2), String(allowed), `${memory_mib} MiB`, because];
  });
  return [
    `${plan.people.toLocaleString('en')} people: in the burst of the busiest hour ${plan.turns_per_second} turns and ${plan.tokens_per_second} tokens a second,`,
    `${plan.answers_at_once} answers at once, ${plan.sockets} open pages.`,
    '',
    table([
      ['service', 'replicas', 'cores used each', 'cores allowed each', 'memory limit each', 'decided by'],
      ...rows,
    ]),
    '',
    `Together ${processes} processes that use ${cores} cores, with limits of ${memory_gib} GiB. A replica uses at most ${TARGET_UTILISATION * 100} % of a core.`,
    `Postgres: ${plan.postgres.cores} cores, ${plan.postgres.memory_mib} MiB, ${plan.postgres.connections} connections, ${plan.postgres.disk_gib} GiB of data.`,
    `Redis: ${plan.redis.cores} cores, ${plan.redis.memory_mib} MiB.`,
    `Documents: ${plan.vectors.chunks.toLocaleString('en')} chunks, vectors of ${plan.vectors.memory_gib} GiB; files of ${plan.blobs_gib} GiB.`,
    `To clients: ${plan.traffic_gib_per_month} GiB a month.`,
    '',
    `Simulated hour: ${simulated.turns} turns, at most ${simulated.answers_at_once} answers at once; 99 % waited less than ${simulated.wait_p99_s.toFixed(1)} s for a place;`,
    `busiest ten seconds: a gateway ${percent(simulated.gateway_peak)}, a worker ${percent(simulated.chat_peak)} of a core.`,
    verdict(simulated),
  ].join('\n');
}

/** Whether the simulated hour finds the plan large enough. */
export function holds({ wait_p99_s, gateway_peak, chat_peak }: Simulated): boolean {
  return wait_p99_s < 1 && gateway_peak < 0.9 && chat_peak < 0.9;
}

function verdict(simulated: Simulated): string {
  return holds(simulated)
    ? 'The plan holds.'
    : 'The plan is TOO SMALL for this hour: add replicas of what is above 90 %, or of chat when turns wait.';
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function table(rows: readonly string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
