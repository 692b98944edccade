import type { Costs } from './costs';
import { LIMITS, type Plan } from './plan';
import { lengthOfAnswers, type Profile } from './profile';
import { cpuSeconds, NO_WORK } from './work';

/** What an hour of arrivals does to a plan. */
export interface Simulated {
  turns: number;
  /** The most answers at once. */
  answers_at_once: number;
  /** How long turns wait for a place at a worker, in seconds. */
  wait_p99_s: number;
  /** The busiest ten seconds of a gateway and of a worker, as a share of one core. */
  gateway_peak: number;
  chat_peak: number;
}

const HOUR_S = 3_600;
const BURST_S = 300;
const WINDOW_S = 10;

/**
 * A discrete-event simulation of the busiest hour: turns arrive at random, more in its first five minutes; each takes a place at a worker (or waits
 * for one, first come, first served) until its answer ends. Answers have random lengths.
 *
 * @param random from 0 (inclusive) to 1; a seeded one makes the result repeatable
 */
export function simulate(plan: Plan, profile: Profile, costs: Costs, random: () => number): Simulated {
  const { mu, sigma } = lengthOfAnswers(profile);
  const mean = plan.turns_per_second / profile.burst;
  // The rest of the hour has what the first minutes do not.
  const later = (mean * HOUR_S - plan.turns_per_second * BURST_S) / (HOUR_S - BURST_S);
  const places = plan.services.chat.replicas * LIMITS.answers;
  const turn = cpuSeconds(
    { ...NO_WORK, turns: 1, requests: profile.requests_per_turn, searches: profile.search_share },
    costs,
    plan.answers_at_once,
  );
  const token = cpuSeconds({ ...NO_WORK, tokens: 1 }, costs, plan.answers_at_once);
  const windows = Array.from({ length: Math.ceil(HOUR_S / WINDOW_S) }, () => ({ gateway: 0, chat: 0 }));
  const waits: number[] = [];
  const ends = new MinHeap();
  let most = 0;
  let now = 0;
  for (;;) {
    now += exponential(now < BURST_S ? plan.turns_per_second : later, random);
    if (now >= HOUR_S) break;
    while (ends.size > 0 && ends.least <= now) ends.pop();
    // Without a free place the turn starts when the first of the running answers ends.
    const start = ends.size < places ? now : ends.pop();
    waits.push(start - now);
    const tokens = Math.max(1, Math.round(Math.exp(mu + sigma * normal(random))));
    const end = start + profile.first_token_s + tokens / profile.tokens_per_second;
    ends.push(end);
    most = Math.max(most, ends.size);
    spread(windows, start, start, turn);
    spread(windows, start + profile.first_token_s, end, { gateway: token.gateway * tokens, chat: token.chat * tokens });
  }
  const peak = (service: 'gateway' | 'chat') =>
    Math.max(...windows.map((window) => window[service])) / WINDOW_S / plan.services[service].replicas +
    costs.cpu.idle_ms[service] / 1000;
  return {
    turns: waits.length,
    answers_at_once: most,
    wait_p99_s: quantile(waits, 0.99),
    gateway_peak: peak('gateway'),
    chat_peak: peak('chat'),
  };
}

/** Adds work that is done evenly between two moments to the windows it falls into. */
function spread(
  windows: { gateway: number; chat: number }[],
  from: number,
  to: number,
  work: { gateway: number; chat: number },
): void {
  const [first, last] = [Math.floor(from / WINDOW_S), Math.floor(to / WINDOW_S)];
  for (let at = first; at <= last; at += 1) {
    const window = windows[at];
    if (!window) return;
    const share = to === from ? 1 : (Math.min(to, (at + 1) * WINDOW_S) - Math.max(from, at * WINDOW_S)) / (to - from);
    window.gateway += work.gateway * share;
    window.chat += work.chat * share;
  }
}

function exponential(rate: number, random: () => number): number {
  return rate > 0 ? -Math.log(1 - random()) / rate : Infinity;
}

/** Box and Muller's method. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function quantile(values: number[], q: number): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length * q)] ?? 0;
}

/** A binary heap: the least number first. */
class MinHeap {
  private readonly items: number[] = [];

  get size(): number {
    return this.items.length;
  }

  get least(): number {
    return this.items[0] ?? Infinity;
  }

  push(value: number): void {
    let at = this.items.push(value) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.items[parent]! <= value) break;
      this.items[at] = this.items[parent]!;
      at = parent;
    }
    this.items[at] = value;
  }

  /** @throws when it is empty */
  pop(): number {
    const [least, last] = [this.items[0], this.items.pop()];
    if (least === undefined || last === undefined) throw new Error('the heap is empty');
    if (this.items.length === 0) return least;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.items.length) break;
      if (child + 1 < this.items.length && this.items[child + 1]! < this.items[child]!) child += 1;
      if (this.items[child]! >= last) break;
      this.items[at] = this.items[child]!;
      at = child;
    }
    this.items[at] = last;
    return least;
  }
}
