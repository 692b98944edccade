import { cpus } from 'node:os';
import { performance, type EventLoopUtilization } from 'node:perf_hooks';

/** Nobody sees the difference to less, and less costs twice as much where one answer comes fast. */
const SHORTEST_MS = 14;
/** A word is late by half of it on average. */
const LONGEST_MS = 90;
/** What each answer adds: few of them have little that could be done together. */
const MS_PER_ANSWER = 1;
/** How busy a machine is on which time is not worth saving, and one on which all of it is. */
const CALM = 0.25;
const BUSY = 0.6;

/** How long the thread may rest: the busier the machine and the more the answers, the more of them is done together. */
export class Pace {
  private busy = 0;

  /** @param measure how busy it is since the last call, from 0 to 1 */
  constructor(private readonly measure: () => number = new Load().measure) {}

  /** Milliseconds. Called about twice a second. */
  next(answers: number): number {
    this.busy += (this.measure() - this.busy) / 3;
    const share = Math.min(1, Math.max(0, (this.busy - CALM) / (BUSY - CALM)));
    return Math.round(SHORTEST_MS + share * Math.min(LONGEST_MS - SHORTEST_MS, answers * MS_PER_ANSWER));
  }
}

/** The machine's load, or this process's own where that is higher: a container may have less than the machine. */
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
