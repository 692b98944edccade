import { type ByProcess, type Costs, type Process, PROCESSES } from './costs';

/** Work that a system does within some time. */
export interface Work {
  turns: number;
  /** Of all answers, without the first token of each. */
  tokens: number;
  requests: number;
  signIns: number;
  chunks: number;
  searches: number;
}

export const NO_WORK: Readonly<Work> = { turns: 0, tokens: 0, requests: 0, signIns: 0, chunks: 0, searches: 0 };

const UNITS = [
  ['turns', 'turn_ms'],
  ['requests', 'request_ms'],
  ['signIns', 'sign_in_ms'],
  ['chunks', 'chunk_ms'],
  ['searches', 'search_ms'],
] as const;

/** Fewer answers at once than this were not measured. */
const LEAST_ANSWERS = 5;

/**
 * CPU-seconds of that work by process, without what the processes use when idle.
 *
 * @param answers how many run at once in one worker
 */
export function cpuSeconds(work: Work, { cpu }: Costs, answers: number): ByProcess {
  const seconds = (process: Process): number =>
    UNITS.reduce((sum, [kind, unit]) => sum + (work[kind] * cpu[unit][process]) / 1e3, 0) +
    (work.tokens * tokenUs(process, cpu.token_us, answers)) / 1e6;
  return Object.fromEntries(PROCESSES.map((process) => [process, seconds(process)])) as ByProcess;
}

/**
 * A token costs its own part, and its part of a wake-up that it shares with the tokens of the other answers: a + b / answers, through both measured
 * points.
 */
function tokenUs(process: Process, { few, many }: Costs['cpu']['token_us'], answers: number): number {
  const shared = (few.us[process] - many.us[process]) / (1 / few.answers - 1 / many.answers);
  const own = many.us[process] - shared / many.answers;
  const between = Math.min(Math.max(answers, LEAST_ANSWERS), many.answers);
  return Math.max(0, own + shared / between);
}
