import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningSystem } from '@perennial/launcher';
import { http } from '../support/http';
import { residentMb } from './meters';

const IDLE_MS = 3_000;
const EVERY_MS = 20;

export interface Watched {
  idleMb: number;
  /** The maximum minus the value before. */
  growthMb: number;
  slowestHealthMs: number;
}

/** Watches memory and health of a service's only process during some work. */
export class Watch {
  private peak: number;
  private slowest = 0;
  private watching = true;
  private readonly done: Promise<void>;

  private constructor(
    private readonly pid: number,
    private readonly health: string,
    private readonly idle: number,
  ) {
    this.peak = idle;
    this.done = this.watch();
  }

  /** Waits until earlier work has settled. */
  static async start(system: RunningSystem, service: string): Promise<Watch> {
    const entry = system.run.find((candidate) => candidate.service === service);
    if (!entry) throw new Error(`there is no ${service}`);
    await sleep(IDLE_MS);
    return new Watch(entry.pid, `http://127.0.0.1:${entry.healthPort}/health/live`, residentMb(entry.pid));
  }

  async stop(): Promise<Watched> {
    this.watching = false;
    await this.done;
    return {
      idleMb: Math.round(this.idle),
      growthMb: Math.round(this.peak - this.idle),
      slowestHealthMs: Math.round(this.slowest),
    };
  }

  private async watch(): Promise<void> {
    while (this.watching) {
      const askedAt = performance.now();
      await http('GET', this.health);
      this.slowest = Math.max(this.slowest, performance.now() - askedAt);
      this.peak = Math.max(this.peak, residentMb(this.pid));
      await sleep(EVERY_MS);
    }
  }
}
