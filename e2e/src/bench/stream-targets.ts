import type { StreamFigures } from './stream-figures';

interface Target {
  what: string;
  is: (figures: StreamFigures) => number | null;
  /** Upper limits, for Node 20 and for Node 24 and later. */
  most: { node20: number; node24: number };
}

const both = (most: number) => ({ node20: most, node24: most });

/** Measured before tokens were joined (7.06, Node 20): a single long answer must not pay for the gain of many. */
const LONG_ANSWER_BEFORE = 7.1;

const TARGETS: readonly Target[] = [
  { what: 'socket, times a bare relay', is: (f) => f.cpu_ratio_to_bare_relay.socket, most: { node20: 2.5, node24: 2 } },
  { what: 'SSE, times a bare relay', is: (f) => f.cpu_ratio_to_bare_relay.sse, most: { node20: 2, node24: 1.7 } },
  { what: 'a turn, ms of CPU', is: (f) => f.cpu_ms_per_turn, most: { node20: 14, node24: 9 } },
  { what: 'replicas, times one of each', is: (f) => f.replica_cost_ratio, most: both(1.25) },
  { what: 'replicas, times a bare relay', is: (f) => f.replica_ratio_to_bare_relay, most: both(2.9) },
  { what: 'first token added at 50, ms', is: (f) => f.first_token_added_ms.at_50, most: both(30) },
  { what: 'first token added at 200, ms', is: (f) => f.first_token_added_ms.at_200, most: both(150) },
  { what: 'added to a token at 10, p50 ms', is: (f) => f.added_latency_ms.at_10.p50, most: both(20) },
  { what: 'added to a token at 50, p50 ms', is: (f) => f.added_latency_ms.at_50.p50, most: both(45) },
  { what: 'added to a token at 50, p99 ms', is: (f) => f.added_latency_ms.at_50.p99, most: both(100) },
  { what: 'added to a token at 200, p50 ms', is: (f) => f.added_latency_ms.at_200.p50, most: both(65) },
  { what: 'added to a token at 200, p99 ms', is: (f) => f.added_latency_ms.at_200.p99, most: both(130) },
  { what: '400 steady answers, p99 ms', is: (f) => f.steady_400_p99_ms, most: both(250) },
  { what: 'a long answer, times a bare relay', is: (f) => f.long_answer_ratio, most: both(LONG_ANSWER_BEFORE) },
  { what: 'Redis bytes per byte of text', is: (f) => f.redis_bytes_per_text_byte, most: both(8) },
  { what: 'SQL statements per turn', is: (f) => f.sql_per_turn, most: both(9) },
  { what: 'idle memory, MiB', is: (f) => f.idle_rss_mb, most: both(600) },
  { what: 'idle CPU, cores', is: (f) => f.idle_cpu_cores, most: both(0.05) },
];

/** A Markdown table of each target with its measurement and verdict. */
export function verdicts(figures: StreamFigures, nodeVersion = process.versions.node): string {
  const node = Number(nodeVersion.split('.')[0]) >= 24 ? 'node24' : 'node20';
  const rows = TARGETS.map(({ what, is, most }) => {
    const value = is(figures);
    const verdict = value === null ? 'not measured' : value <= most[node] ? 'reached' : 'MISSED';
    return row(what, `≤ ${most[node]}`, value === null ? '–' : String(value), verdict);
  });
  return [row('figure', 'target', `Node ${nodeVersion}`, 'verdict'), row('---', '---:', '---:', '---'), ...rows].join(
    '\n',
  );
}

function row(what: string, target: string, is: string, verdict: string): string {
  return `| ${what.padEnd(34)} | ${target.padStart(7)} | ${is.padStart(13)} | ${verdict.padEnd(12)} |`;
}
