import { type Cost, round } from './cost';
import type { LoadResult } from './load';

/** The measurements of a run; skipped parts are undefined. */
export interface Measurements {
  idleMb?: number;
  idleCores?: number;
  socket?: Cost;
  sse?: Cost;
  turn?: Cost;
  at10?: Cost;
  at50?: Cost;
  steady?: Cost;
  replicas?: Cost;
  long?: Cost;
  /**
   * CPU-seconds a second right before the long answer: it runs so long that most of the CPU used meanwhile is not its own.
   */
  restBeforeLong?: number;
  /** The provider alone, with the same concurrency. */
  provider50?: LoadResult;
  provider200?: LoadResult;
  /** CPU-seconds per million tokens of a bare relay. */
  bare?: number;
  bareLong?: number;
}

/** Of the tokens' texts. */
export const BYTES_PER_TOKEN = 5;

type Figure = number | null;

/** The last line of the benchmark. CPU and its idle share are those of all processes; null for a skipped part. */
export interface StreamFigures {
  cpu_ratio_to_bare_relay: { socket: Figure; sse: Figure };
  cpu_ms_per_turn: Figure;
  replica_cost_ratio: Figure;
  replica_ratio_to_bare_relay: Figure;
  first_token_added_ms: { at_50: Figure; at_200: Figure };
  added_latency_ms: Record<'at_10' | 'at_50' | 'at_200', { p50: Figure; p99: Figure }>;
  steady_400_p99_ms: Figure;
  long_answer_ratio: Figure;
  redis_bytes_per_text_byte: Figure;
  sql_per_turn: Figure;
  idle_rss_mb: Figure;
  idle_cpu_cores: Figure;
}

export function toFigures(measured: Measurements): StreamFigures {
  const { idleMb, idleCores, socket, sse, turn, at10, at50, steady, replicas, bare } = measured;
  return {
    cpu_ratio_to_bare_relay: {
      socket: ratio(socket?.cpuPerMillion, bare),
      sse: ratio(sse?.cpuPerMillion, bare),
    },
    cpu_ms_per_turn: turn ? round((turn.cpuSeconds * 1000) / turn.result.firstToken.count) : null,
    replica_cost_ratio: ratio(replicas?.cpuPerMillion, socket?.cpuPerMillion),
    replica_ratio_to_bare_relay: ratio(replicas?.cpuPerMillion, bare),
    first_token_added_ms: {
      at_50: firstTokenAdded(at50?.result, measured.provider50),
      at_200: firstTokenAdded(socket?.result, measured.provider200),
    },
    added_latency_ms: { at_10: latency(at10), at_50: latency(at50), at_200: latency(socket) },
    // An incomplete load has no meaningful latency.
    steady_400_p99_ms: steady && isWhole(steady.result) ? steady.result.latency.quantile(0.99) : null,
    long_answer_ratio: longAnswerRatio(measured),
    redis_bytes_per_text_byte: redisBytesPerTextByte(measured),
    sql_per_turn: socket ? round(socket.sqlPerTurn) : turn ? round(turn.sqlPerTurn) : null,
    idle_rss_mb: idleMb === undefined ? null : Math.round(idleMb),
    idle_cpu_cores: idleCores === undefined ? null : round(idleCores, 3),
  };
}

const ratio = (value: number | undefined, to: number | undefined): Figure =>
  value === undefined || to === undefined ? null : round(value / to, 2);

const isWhole = ({ complete, firstToken }: LoadResult) => complete === firstToken.count;

const latency = (cost: Cost | undefined) => ({
  p50: cost?.result.latency.quantile(0.5) ?? null,
  p99: cost?.result.latency.quantile(0.99) ?? null,
});

function firstTokenAdded(result: LoadResult | undefined, provider: LoadResult | undefined): Figure {
  return result && provider ? result.firstToken.quantile(0.5) - provider.firstToken.quantile(0.5) : null;
}

/** One answer of 100,000 characters against a bare relay of such answers; without the system's idle CPU. */
function longAnswerRatio({ long, restBeforeLong = 0, bareLong }: Measurements): Figure {
  if (!long) return null;
  return ratio(((long.cpuSeconds - restBeforeLong * long.seconds) * 1e6) / long.result.tokens, bareLong);
}

/** The worse of many answers and one long one; the turn's own bytes are those of an answer of one token. */
function redisBytesPerTextByte({ socket, turn, long }: Measurements): Figure {
  if (!socket || !turn) return null;
  const turns = socket.result.firstToken.count;
  const perTurn = turn.redisBytes / turn.result.firstToken.count;
  const text = (socket.result.tokens - turns) * BYTES_PER_TOKEN;
  const perByte = (socket.redisBytes - perTurn * turns) / text;
  const perByteLong = long ? long.redisBytes / (long.result.tokens * BYTES_PER_TOKEN) : 0;
  return round(Math.max(perByte, perByteLong));
}
