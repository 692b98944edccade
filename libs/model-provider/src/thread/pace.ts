import { cpus } from 'node:os';
import { type EventLoopUtilization, performance } from 'node:perf_hooks';

/** Users do not see a shorter interval, and it costs twice as much for a single fast answer. */
const SHORTEST_MS = 20;
/** A word is late by half of it on average. */
const LONGEST_MS = 80;
/** Added by each answer: with few answers there is little to join. */
const MS_PER_ANSWER = 0.6;
/** Machine load below which no time is saved, and above which as much as possible. */
const CALM = 0.25;
const BUSY = 0.6;

/**
 * How long the thread may rest between reads: longer on a busy machine and with more answers, so that more work is joined.
 */
export class Pace {
  private busy = 0;

  /** @param measure load since the last call, from 0 to 1 */
  constructor(private readonly measure: () => number = new Load().measure) {}

  /** Milliseconds. Called about twice a second. */
  next(answers: number): number {
    this.busy += (this.measure() - this.busy) / 3;
    const share = Math.min(1, Math.max(0, (this.busy - CALM) / (BUSY - CALM)));
    return Math.round(SHORTEST_MS + share * Math.min(LONGEST_MS - SHORTEST_MS, answers * MS_PER_ANSWER));
  }
}

/** The machine's load, or this process's own if that is higher: a container may have less than the machine. */
class Load {
  private loop: EventLoopUtilization = performance.eventLoopUtilization();
  private times = machineTimes();

  readonly measure = (): number => {
    const loop = performance.eventLoopUtilization();
    const times = machineTimes();
    const { utilization } = performance.eventLoopUtilization(loop, this.loop);
    const all = times.all - this.times.all;
    const machine = all === 0 ? 0 : 1 - (times.idle - this.times.idle) / all;
    this.loop = loop;
    this.times = times;
    return Math.max(machine, utilization);
  };
}

function machineTimes(): { idle: number; all: number } {
  let [idle, all] = [0, 0];
  for (const { times } of cpus()) {
    idle += times.idle;
    all += times.idle + times.user + times.nice + times.sys + times.irq;
  }
  return { idle, all };
}
