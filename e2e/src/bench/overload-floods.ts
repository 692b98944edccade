import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { print, round } from './cost';
import { Histogram } from './histogram';
import { type Meters, total } from './meters';
import { Tally } from './tally';
import type { TurnUser } from './turn-user';
import { takeTurns } from './turns-in-sequence';
import type { VictimFigures, Victims } from './victims';

/** Turns under way at once when the peak is measured; more of them do not raise it. */
const PEAK_CONCURRENCY = 60;
const FACTOR = 10;
const WARM_UP_S = 8;
/** The driver's own bound on requests without an answer. */
const MOST_OPEN = 20_000;
const TICK_MS = 20;
const MEMORY_MS = 500;
const NEWCOMER_MS = 100;

export interface FloodOptions {
  crowd: readonly TurnUser[];
  /** Users who send like people, beside a flood. */
  victims: Victims;
  meters: Meters;
  /** Of each phase. */
  seconds: number;
  baseUrl: string;
}

/** The peak, the victims alone, and the victims under two floods of ten times the peak. */
export async function floods({
  crowd,
  victims,
  meters,
  seconds,
  baseUrl,
}: FloodOptions): Promise<Record<string, unknown>> {
  await closedLoop(crowd, WARM_UP_S);
  const peak = await closedLoop(crowd, seconds);
  print('peak', peak.figures());
  const calm = await victims.takeTurns(seconds);
  print('victims, calm', calm.figures);
  const perSecond = peak.completedPerSecond * FACTOR;
  const memory = new MemoryWatch(meters);
  const newcomers = newConnections(baseUrl, seconds);
  const driver = monitorEventLoopDelay({ resolution: 10 });
  driver.enable();
  const many = await flood('many users', crowd, victims, perSecond, seconds);
  const grownMb = memory.stop();
  driver.disable();
  const newConnection = await newcomers;
  const one = await flood('one user', crowd.slice(0, 1), victims, perSecond, seconds);
  const p99 = (tally: Tally): number => tally.firstToken.quantile(0.99);
  /** Half a second is allowed beside the ratio. */
  const ratio = ({ victims }: { victims: VictimFigures }): number =>
    round(Math.max(0, victims.firstTokenP99Ms - 500) / calm.firstTokenP99Ms, 2);
  return {
    goodput_ratio: round(many.flood.completedPerSecond / peak.completedPerSecond, 2),
    rss_growth_mb: round(grownMb),
    victim_first_token_ratio: Math.max(ratio(many), ratio(one)),
    victim_first_token_ms: {
      calm: calm.firstTokenP99Ms,
      many_users: many.victims.firstTokenP99Ms,
      one_user: one.victims.firstTokenP99Ms,
    },
    admitted_first_token_ms: { peak: p99(peak), many_users: p99(many.flood) },
    driver_loop_delay_p99_ms: round(driver.percentile(99) / 1e6),
    new_connection_ms: { p50: round(newConnection.quantile(0.5)), p99: round(newConnection.quantile(0.99)) },
    peak_turns_per_s: round(peak.completedPerSecond),
  };
}

/** Each user sends the next turn when one has ended. */
async function closedLoop(users: readonly TurnUser[], seconds: number): Promise<Tally> {
  const tally = new Tally(seconds);
  await Promise.all(users.slice(0, PEAK_CONCURRENCY).map((user) => takeTurns(user, tally, 0)));
  return tally;
}

/** Turns at a fixed rate, whatever becomes of them, with victims beside; resolves when the last one has ended. */
async function flood(label: string, crowd: readonly TurnUser[], victims: Victims, perSecond: number, seconds: number) {
  const tally = new Tally(seconds);
  const beside = victims.takeTurns(seconds);
  const open = new Set<Promise<unknown>>();
  const from = performance.now();
  for (let sent = 0; !tally.isOver; await sleep(TICK_MS)) {
    const due = ((performance.now() - from) / 1_000) * perSecond;
    for (; sent < due && open.size < MOST_OPEN; sent += 1) {
      const turn: Promise<unknown> = tally.count(crowd[sent % crowd.length]!.turn()).then(() => open.delete(turn));
      open.add(turn);
    }
  }
  const result = { flood: tally, victims: await beside };
  await Promise.all(open);
  print(`flood of ${label}`, { ...tally.figures(), ended_after_s: round((performance.now() - from) / 1_000) });
  print('victims', result.victims.figures);
  return result;
}

/** How long somebody waits who connects anew for something that costs nothing: Node accepts one connection in each turn of its loop. */
async function newConnections(baseUrl: string, seconds: number): Promise<Histogram> {
  const times = new Histogram();
  for (const end = Date.now() + seconds * 1_000; Date.now() < end; await sleep(NEWCOMER_MS)) {
    const from = performance.now();
    const agent = new Agent();
    const reply = await request(`${baseUrl}/health`, { dispatcher: agent });
    await reply.body.dump();
    times.add(performance.now() - from);
    await agent.destroy();
  }
  return times;
}

/** How much the memory of all services has grown at most since the start. */
class MemoryWatch {
  private readonly before = total(this.meters.memory());
  private most = this.before;
  private readonly timer = setInterval(() => this.look(), MEMORY_MS);

  constructor(private readonly meters: Meters) {}

  stop(): number {
    clearInterval(this.timer);
    this.look();
    return this.most - this.before;
  }

  private look(): void {
    this.most = Math.max(this.most, total(this.meters.memory()));
  }
}
