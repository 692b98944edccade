/** The last line of a run. */
export interface Figures {
  requests: number;
  /** Unexpected errors. */
  status_500: number;
  /** Processes of the product that ended. */
  deaths: number;
  /** Refusals of more than 1 MiB. */
  amplified: number;
  slowest_bystander_ms: number;
  /** The same bystander before the attack. */
  calm_slowest_ms: number;
}

/** How many times slower a bystander may be than before the attack, and the time that is always acceptable. */
const SLOWER = 10;
const ALWAYS_FAST_ENOUGH_MS = 1_000;

/** Faults in words; empty when the product passed. */
export function faultsOf(figures: Figures, wanted: number, bystanderFailures: number): string[] {
  const { requests, status_500: unexpected, deaths, amplified } = figures;
  const { slowest_bystander_ms: slowest, calm_slowest_ms: calm } = figures;
  const limit = Math.max(SLOWER * calm, ALWAYS_FAST_ENOUGH_MS);
  return [
    requests < wanted && `${requests} of ${wanted} requests were sent`,
    unexpected > 0 && `${unexpected} answers were 500`,
    deaths > 0 && `${deaths} processes died`,
    amplified > 0 && `${amplified} refusals had more than 1 MiB`,
    bystanderFailures > 0 && `${bystanderFailures} requests of the bystander failed`,
    slowest > limit && `a bystander waited ${slowest} ms, in calm ${calm} ms at most`,
  ].filter((fault) => fault !== false);
}
