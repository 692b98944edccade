import type { ByProcess, Costs, Process } from './costs';
import { lengthOfAnswers, type Profile } from './profile';
import { cpuSeconds } from './work';

/** A process of one kind: how many, and what each needs. */
export interface Replicas {
  replicas: number;
  /** CPU cores that one replica uses in the burst, and that it should be allowed. */
  cores_used: number;
  cores: number;
  memory_mib: number;
  /** What decided the number: CPU, sockets, answers or availability. */
  because: string;
}

export interface Plan {
  people: number;
  /** In the burst of the busiest hour. */
  turns_per_second: number;
  tokens_per_second: number;
  answers_at_once: number;
  sockets: number;
  services: Record<Service, Replicas>;
  postgres: { cores: number; memory_mib: number; disk_gib: number; connections: number };
  redis: { cores: number; memory_mib: number };
  vectors: { chunks: number; memory_gib: number };
  blobs_gib: number;
  /** Sent to clients in a month. */
  traffic_gib_per_month: number;
}

export type Service = Exclude<Process, 'postgres' | 'redis'>;
export const SERVICES: readonly Service[] = ['gateway', 'auth', 'chat', 'retrieval', 'config'];

/** The options of the services that bound a replica: their defaults (docs/environment.md). */
export const LIMITS = { answers: 400, sockets: 20_000, poolSize: 10 };

/** A Node process works on one core; above this share of it, waiting times grow. */
export const TARGET_UTILISATION = 0.6;
/** One replica can die at any moment, and one is replaced in a deploy. */
const LEAST_REPLICAS = 2;
/** Installations of up to this many people may run one process of each kind. */
const SMALL = 50;
const MIB_PER_GIB = 1024;
const GIB = 2 ** 30;
const HOUR_S = 3_600;
/** Beside what is used: garbage collection needs room. */
const MEMORY_RESERVE = 2;
/** A start, a large request or a heap snapshot needs this much for a moment. */
const LEAST_MEMORY_MIB = 512;
/** Redis: buffers, scripts and the queue's own records. */
const REDIS_BASE_MIB = 128;
/** A running answer's records in Redis, for each of its tokens. */
const REDIS_BYTES_PER_TOKEN = 60;
/** Postgres: shared buffers and the working set of recent chats. */
const POSTGRES_BASE_MIB = 1_024;
const POSTGRES_MIB_PER_CONNECTION = 10;
const INDEX_FACTOR = 1.5;

/** What an organisation of that size needs, from what was measured. */
export function plan(people: number, profile: Profile, costs: Costs): Plan {
  const active = people * profile.active_share;
  const turnsPerDay = active * profile.turns_per_day;
  const perSecond = (turnsPerDay * profile.busiest_hour_share * profile.burst) / HOUR_S;
  const { mean: tokens } = lengthOfAnswers(profile);
  const seconds = profile.first_token_s + tokens / profile.tokens_per_second;
  const answers = peakOf(perSecond * seconds);
  const sockets = Math.ceil(active * profile.open_pages_share);
  const chunksOfDocument = profile.characters_per_document / costs.bytes.characters_per_chunk;
  const share = (profile.busiest_hour_share * profile.burst) / HOUR_S;
  const cores = cpuSeconds(
    {
      turns: perSecond,
      tokens: perSecond * (tokens - 1),
      requests: perSecond * profile.requests_per_turn,
      signIns: active * profile.sign_ins_per_day * share,
      chunks: active * profile.documents_per_day * chunksOfDocument * share,
      searches: perSecond * profile.search_share,
    },
    costs,
    answers,
  );
  const services = servicesOf(people, { cores, answers, sockets }, costs);
  const connections = connectionsOf(services);
  const chunks = Math.ceil(people * profile.documents_per_person * chunksOfDocument);
  const turnsKept = turnsPerDay * profile.working_days_per_month * profile.months_kept;
  const bytesPerTurn = (costs.bytes.database_per_turn * tokens) / costs.bytes.tokens_of_turn;
  return {
    people,
    turns_per_second: round(perSecond, 2),
    tokens_per_second: Math.round(perSecond * tokens),
    answers_at_once: answers,
    sockets,
    services,
    postgres: {
      cores: Math.max(1, Math.ceil(cores.postgres / TARGET_UTILISATION)),
      memory_mib: Math.ceil(POSTGRES_BASE_MIB + connections * POSTGRES_MIB_PER_CONNECTION),
      disk_gib: round((turnsKept * bytesPerTurn + chunks * costs.bytes.database_per_chunk) / GIB),
      connections,
    },
    redis: {
      // Its commands run on one core.
      cores: round(Math.max(0.5, cores.redis / TARGET_UTILISATION), 1),
      memory_mib: Math.ceil(REDIS_BASE_MIB + (answers * tokens * REDIS_BYTES_PER_TOKEN * MEMORY_RESERVE) / 2 ** 20),
    },
    vectors: { chunks, memory_gib: round((chunks * profile.dimensions * 4 * INDEX_FACTOR) / GIB) },
    blobs_gib: round((people * profile.documents_per_person * profile.bytes_per_document) / GIB),
    traffic_gib_per_month: round(
      (turnsPerDay * profile.working_days_per_month * tokens * costs.bytes.wire_per_token) / GIB,
    ),
  };
}

/**
 * The number that is exceeded in one of a thousand moments, where arrivals are independent: a Poisson distribution of that mean (an M/G/∞ queue),
 * by its normal approximation.
 */
export function peakOf(mean: number): number {
  return Math.ceil(mean + 3.09 * Math.sqrt(mean));
}

function servicesOf(
  people: number,
  { cores, answers, sockets }: { cores: ByProcess; answers: number; sockets: number },
  { cpu, memory }: Costs,
): Record<Service, Replicas> {
  const least = people <= SMALL ? 1 : LEAST_REPLICAS;
  return Object.fromEntries(
    SERVICES.map((service) => {
      const idle = cpu.idle_ms[service] / 1000;
      const reasons: [string, number][] = [
        ['availability', least],
        ['CPU', Math.ceil(cores[service] / (TARGET_UTILISATION - idle))],
      ];
      if (service === 'gateway') reasons.push(['sockets', Math.ceil((2 * sockets) / LIMITS.sockets)]);
      if (service === 'chat') reasons.push(['answers', Math.ceil(answers / LIMITS.answers)]);
      const [because, replicas] = reasons.reduce((most, reason) => (reason[1] > most[1] ? reason : most));
      // When one replica is gone, the others carry its work.
      const left = Math.max(1, replicas - 1);
      const held =
        service === 'gateway'
          ? (sockets / left) * memory.socket_kib
          : service === 'chat'
            ? Math.min(LIMITS.answers, answers / left) * memory.answer_kib
            : 0;
      const used = cores[service] / replicas + idle;
      return [
        service,
        {
          replicas,
          cores_used: round(used, 3),
          cores: used > 0.25 ? 1 : 0.5,
          memory_mib: Math.max(
            LEAST_MEMORY_MIB,
            Math.ceil(((memory.idle_mib[service] ?? 0) + held / 1024) * MEMORY_RESERVE),
          ),
          because,
        },
      ];
    }),
  ) as Record<Service, Replicas>;
}

/** Gateways have no database. */
function connectionsOf(services: Record<Service, Replicas>): number {
  return SERVICES.filter((service) => service !== 'gateway').reduce(
    (sum, service) => sum + services[service].replicas * LIMITS.poolSize,
    0,
  );
}

/** All of the installation: services without the stores. */
export function totalOf({ services }: Plan): { processes: number; cores: number; memory_gib: number } {
  const all = Object.values(services);
  return {
    processes: all.reduce((sum, { replicas }) => sum + replicas, 0),
    cores: round(all.reduce((sum, { replicas, cores_used }) => sum + replicas * cores_used, 0)),
    memory_gib: round(all.reduce((sum, { replicas, memory_mib }) => sum + replicas * memory_mib, 0) / MIB_PER_GIB),
  };
}

function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
